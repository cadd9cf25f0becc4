using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;

namespace Registry.Storage.S3;

/// <summary>Tells a server that is away or busy from one that refuses, and words both for an operator.</summary>
internal static class S3Faults
{
    /// <summary>Whether trying the same again later may succeed.</summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        // An answer that broke off, whatever its status.
        AmazonUnmarshallingException => true,
        AmazonServiceException service => service.StatusCode switch
        {
            HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
                or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout => true,
            0 => true,
            _ => service.ErrorCode is "SlowDown" or "RequestTimeout" or "RequestTimeTooSkewed" or "Throttling" or "ThrottlingException" or "TooManyRequests",
        },
        HttpRequestException or SocketException or TimeoutException or IOException or OperationCanceledException => true,
        AmazonClientException { InnerException: { } inner } => IsUnavailable(inner),
        _ => false,
    };

    /// <summary>Whether the server said that it did nothing. Any other fault leaves it open.</summary>
    public static bool IsRefused(Exception exception) =>
        exception is AmazonServiceException { ErrorCode: "SlowDown" or "RequestTimeTooSkewed" or "Throttling" or "ThrottlingException" or "TooManyRequests" };

    /// <summary>The exception to throw in place of one that a request met. It keeps the cause.</summary>
    public static IOException Translate(Exception exception, string operation, string bucket) => exception switch
    {
        IOException already when already is StoreUnavailableException or ObjectTooLargeException or UploadBusyException => already,
        AmazonServiceException { StatusCode: HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests } busy =>
            new StoreUnavailableException($"{operation} in the bucket '{bucket}': the server asks to be left alone for a while ({busy.ErrorCode}).", busy) { RetryAfter = TimeSpan.FromSeconds(1) },
        _ when IsUnavailable(exception) => new StoreUnavailableException($"{operation} in the bucket '{bucket}' failed: {exception.Message}", exception),
        AmazonS3Exception { ErrorCode: "NoSuchBucket" } s3 => new IOException($"{operation} failed: there is no bucket '{bucket}'. Create it first.", s3),
        AmazonServiceException { ErrorCode: "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidToken" or "ExpiredToken" } unknown => new IOException(
            $"{operation} in the bucket '{bucket}' was refused: the server does not take the credentials ({unknown.ErrorCode}). {unknown.Message}", unknown),
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } refused => new IOException(
            $"{operation} in the bucket '{bucket}' was refused ({refused.ErrorCode}): {refused.Message} Give the account s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts, s3:ListBucket and s3:ListBucketMultipartUploads.",
            refused),
        AmazonServiceException other => new IOException($"{operation} in the bucket '{bucket}' failed with {(int)other.StatusCode} {other.ErrorCode}: {other.Message}", other),
        _ => new IOException($"{operation} in the bucket '{bucket}' failed: {exception.Message}", exception),
    };
}
