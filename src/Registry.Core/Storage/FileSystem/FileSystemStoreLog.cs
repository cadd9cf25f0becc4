using Microsoft.Extensions.Logging;

namespace Registry.Storage.FileSystem;

/// <summary>What the file system store logs. Event ids stay as they are.</summary>
internal static partial class FileSystemStoreLog
{
    [LoggerMessage(1101, LogLevel.Information, "The file system store at '{Root}' is ready; exclusive names by {ExclusiveMove}, flushes by {FlushMode}.")]
    public static partial void Ready(ILogger logger, string root, ExclusiveMove exclusiveMove, FlushMode flushMode);

    [LoggerMessage(1102, LogLevel.Information, "Removed {Count} leftover files older than {Age} from '{Folder}'.")]
    public static partial void LeftoversRemoved(ILogger logger, int count, TimeSpan age, string folder);

    [LoggerMessage(1103, LogLevel.Warning, "The leftover file '{Path}' could not be removed.")]
    public static partial void LeftoverNotRemoved(ILogger logger, string path, Exception exception);

    [LoggerMessage(1104, LogLevel.Warning, "The leftover files in '{Folder}' could not be swept.")]
    public static partial void SweepFailed(ILogger logger, string folder, Exception exception);
}
