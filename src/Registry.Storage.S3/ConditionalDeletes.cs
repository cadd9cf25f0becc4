using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Registry.Storage.S3;

/// <summary>
/// Deletes if the ETag matches, on servers that take <c>If-Match: "etag"</c> for a delete. A delete leaves nothing by which it could be known again: one whose answer was lost is only told
/// from others by the object that is still there.
/// </summary>
internal sealed class ConditionalDeletes(S3Bucket bucket, TimeProvider time)
{
    private const int MaxAttempts = 8;

    // Transport faults are repeated less often: each has taken the client's own time-out already.
    private const int MaxFaults = 2;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);

    /// <summary>Removes an object.</summary>
    /// <returns>Whether the server said that this removed it.</returns>
    public async ValueTask<bool> DeleteAsync(string bucketKey, string etag, CancellationToken cancellationToken, int maxAttempts = MaxAttempts)
    {
        var request = new DeleteObjectRequest { BucketName = bucket.Name, Key = bucketKey, IfMatch = $"\"{etag}\"" };
        int faults = 0;
        for (int attempt = 1; ; attempt++)
        {
            S3Answer<DeleteObjectResponse> answer = default;
            try
            {
                answer = await bucket.AskOnceAsync($"Deleting '{bucketKey}'", IsExpected, (s3, token) => s3.DeleteObjectAsync(request, token), cancellationToken).ConfigureAwait(false);
            }
            catch (StoreUnavailableException) when (++faults <= MaxFaults)
            {
                attempt--;
            }

            if (answer.Response is not null)
            {
                return true;
            }

            if (answer.Refusal is { StatusCode: HttpStatusCode.PreconditionFailed or HttpStatusCode.NotFound })
            {
                return false;
            }

            // No answer, or one that leaves it open, as that to the loser of a race. An object that is there as before was not removed by this.
            if (await bucket.HeadAsync(bucketKey, cancellationToken).ConfigureAwait(false) is not { } found || S3Bucket.Unquote(found.ETag) != etag)
            {
                return false;
            }

            if (attempt >= maxAttempts)
            {
                throw new StoreUnavailableException($"The server refused to delete '{bucketKey}' {attempt} times although the condition holds.", answer.Refusal!);
            }

            await Task.Delay(Step * (attempt + faults) * (0.5 + Random.Shared.NextDouble()), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsExpected(AmazonS3Exception refusal) =>
        refusal.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict or HttpStatusCode.InternalServerError || S3Bucket.IsNotFound(refusal);
}
