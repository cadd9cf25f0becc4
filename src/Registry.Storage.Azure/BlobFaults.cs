using System.Globalization;
using System.Net.Sockets;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Registry.Storage.Azure;

/// <summary>Tells what the client library throws apart: a condition that did not hold, something that is not there, a service that is away.</summary>
internal sealed class BlobFaults(BlobContainerClient container)
{
    public static bool IsBlobMissing(RequestFailedException e) =>
        e.Status == 404 && e.ErrorCode != BlobErrorCode.ContainerNotFound && e.ErrorCode != "AccountNotFound";

    /// <summary>Whether a write's condition did not hold, or a conflict leaves it open whether it held.</summary>
    public static bool IsConditionFailed(RequestFailedException e) => e switch
    {
        { Status: 412 } => e.ErrorCode is null or "" || e.ErrorCode == BlobErrorCode.ConditionNotMet || e.ErrorCode == BlobErrorCode.TargetConditionNotMet,
        { Status: 409 } => e.ErrorCode == BlobErrorCode.BlobAlreadyExists || e.ErrorCode is null or "" or "Conflict" or "OperationAborted",
        _ => false,
    };

    /// <summary>Whether a list of blocks names one that the service does not have (any more).</summary>
    public static bool IsBlockMissing(RequestFailedException e) => e.Status == 400 && e.ErrorCode == BlobErrorCode.InvalidBlockList;

    public static bool IsRangeUnsatisfiable(RequestFailedException e) => e.Status == 416;

    /// <summary>Whether an exception is to be translated: mistakes of the caller and what is translated already are not.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="cancellationToken">The caller's token: what it cancelled is no fault.</param>
    public static bool IsForeign(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        StoreUnavailableException or UploadBusyException or ObjectTooLargeException => false,
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        RequestFailedException or AggregateException or HttpRequestException or SocketException or IOException or TimeoutException => true,
        _ => IsIdentity(exception),
    };

    /// <summary>The exception to throw in place of one that the library threw. It keeps the cause.</summary>
    public IOException Translate(Exception exception)
    {
        RequestFailedException? failed = exception as RequestFailedException
            ?? (exception as AggregateException)?.InnerExceptions.OfType<RequestFailedException>().LastOrDefault();
        string where = $"The container '{container.Name}' of the account '{container.AccountName}'";
        return failed switch
        {
            { Status: 401 or 403 } => Unavailable($"{where} refuses access ({Describe(failed)}). Check the credentials and their roles or permissions.", exception),
            { Status: 404 } when !IsBlobMissing(failed) => Unavailable($"{where} does not exist ({Describe(failed)}). Create it first.", exception),
            { Status: 0 or 408 or 429 or >= 500 } => Unavailable($"{where} cannot be reached or is busy ({Describe(failed)}).", exception, RetryAfter(failed)),
            { Status: 409 } when failed.ErrorCode == BlobErrorCode.ContainerBeingDeleted => Unavailable($"{where} is being deleted.", exception),
            { } => new IOException($"{where} refused a request ({Describe(failed)}).", exception),
            null => Unavailable($"{where} cannot be reached: {exception.Message}", exception),
        };
    }

    private static StoreUnavailableException Unavailable(string message, Exception cause, TimeSpan? retryAfter = null) => new(message, cause) { RetryAfter = retryAfter };

    private static string Describe(RequestFailedException e)
    {
        int line = e.Message.AsSpan().IndexOfAny('\r', '\n');
        string first = line < 0 ? e.Message : e.Message[..line];
        return e.Status == 0 ? first : string.Create(CultureInfo.InvariantCulture, $"{e.Status} {e.ErrorCode}: {first}");
    }

    private static TimeSpan? RetryAfter(RequestFailedException e) =>
        e.GetRawResponse() is { } response && response.Headers.TryGetValue("Retry-After", out string? text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;

    // Azure.Identity is the host's choice and no dependency of this library: its exceptions are known by name.
    private static bool IsIdentity(Exception exception) => exception.GetType().Namespace?.StartsWith("Azure.Identity", StringComparison.Ordinal) == true;
}
