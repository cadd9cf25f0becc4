using Microsoft.Extensions.Logging;

namespace Registry.Storage.S3;

/// <summary>What the S3 store logs. Event ids stay as they are.</summary>
internal static partial class S3StoreLog
{
    [LoggerMessage(1201, LogLevel.Information, "The S3 store in the bucket '{Bucket}' is ready; the server takes conditions in the form {Form}.")]
    public static partial void Ready(ILogger logger, string bucket, ConditionForm form);

    [LoggerMessage(1202, LogLevel.Warning, "The server of the bucket '{Bucket}' cannot coordinate writers: {Fault}. It is used by this process alone, as the options say.")]
    public static partial void SingleNode(ILogger logger, string bucket, string fault);

    [LoggerMessage(1204, LogLevel.Information, "The server of the bucket '{Bucket}' cannot delete conditionally: {Reason}. Small records that others may still write stay when they are of no use any more.")]
    public static partial void NoConditionalDeletes(ILogger logger, string bucket, string reason);

    [LoggerMessage(1203, LogLevel.Warning, "The multipart upload of '{Key}' could not be aborted; the bucket's lifecycle rule for incomplete uploads removes it.")]
    public static partial void MultipartNotAborted(ILogger logger, string key, Exception exception);
}
