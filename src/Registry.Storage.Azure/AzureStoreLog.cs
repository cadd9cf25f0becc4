using Microsoft.Extensions.Logging;

namespace Registry.Storage.Azure;

internal static partial class AzureStoreLog
{
    [LoggerMessage(1, LogLevel.Information, "The store keeps its objects in the container {Container} of {Account}, under '{Prefix}'.")]
    public static partial void Ready(ILogger logger, string account, string container, string prefix);

    [LoggerMessage(2, LogLevel.Warning, "The service ignores the conditions of writes. This process keeps them itself and has to be the only one that uses the container.")]
    public static partial void KeepsConditionsItself(ILogger logger);

    [LoggerMessage(3, LogLevel.Warning, "The marker of the complete upload {Upload} could not be removed. It does no harm.")]
    public static partial void MarkerStays(ILogger logger, string upload, Exception exception);
}
