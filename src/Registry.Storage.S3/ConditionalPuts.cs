using System.Net;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace Registry.Storage.S3;

/// <summary>How a server takes conditions.</summary>
internal enum ConditionForm
{
    /// <summary><c>If-Match: "etag"</c>, as HTTP has it.</summary>
    Quoted,

    /// <summary><c>If-Match: etag</c>, as Ceph has it.</summary>
    Unquoted,

    /// <summary>Not at all: this process excludes its own writers.</summary>
    Local,
}

/// <summary>
/// Conditional puts that come out right whatever a server answers to the loser of a race, and whatever was repeated on the way: each put carries an id in
/// the object's metadata, so that reading tells whether the object there is its own.
/// </summary>
internal sealed class ConditionalPuts(S3Bucket bucket, TimeProvider time)
{
    private const int MaxAttempts = 8;

    // Transport faults are repeated less often: each has taken the client's own time-out already.
    private const int MaxFaults = 2;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);

    public async ValueTask<PutResult> PutAsync(
        string bucketKey, ReadOnlyMemory<byte> content, PutCondition condition, ConditionForm form, CancellationToken cancellationToken, int maxAttempts = MaxAttempts)
    {
        string nonce = RandomNumberGenerator.GetHexString(32, lowercase: true);
        Exception? unanswered = null;
        int faults = 0;
        for (int attempt = 1; ; attempt++)
        {
            S3Answer<PutObjectResponse> answer = default;
            try
            {
                answer = await bucket.AskOnceAsync(
                    $"Writing '{bucketKey}'", IsUndecided, (s3, token) => s3.PutObjectAsync(NewPut(bucketKey, content, condition, form, nonce), token), cancellationToken).ConfigureAwait(false);
            }
            catch (StoreUnavailableException e) when (++faults <= MaxFaults)
            {
                // Whether it was written is seen by reading, which throws where the server is away. It says nothing of what the server makes of the condition.
                unanswered = e.InnerException is { } cause && S3Faults.IsRefused(cause) ? unanswered : e;
                attempt--;
            }

            if (answer.Response is { } written)
            {
                return PutResult.Written(S3Bucket.Unquote(written.ETag));
            }

            if (form != ConditionForm.Unquoted && answer.Refusal is { StatusCode: HttpStatusCode.InternalServerError } error)
            {
                unanswered = error;
            }

            GetObjectMetadataResponse? found = await bucket.HeadAsync(bucketKey, cancellationToken).ConfigureAwait(false);
            if (found is not null && found.Metadata[S3Bucket.NonceMetadata] == nonce)
            {
                return PutResult.Written(S3Bucket.Unquote(found.ETag));
            }

            bool holds = condition.RequiresAbsence ? found is null : found is not null && S3Bucket.Unquote(found.ETag) == condition.RequiredETag;
            if (!holds)
            {
                return unanswered is null || found is null ? PutResult.ConditionFailed : Decide(bucketKey, content, condition, found, unanswered);
            }

            if (attempt >= maxAttempts)
            {
                return answer.Refusal?.StatusCode == HttpStatusCode.PreconditionFailed && maxAttempts < MaxAttempts
                    ? PutResult.ConditionFailed
                    : throw new StoreUnavailableException($"The server refused to write '{bucketKey}' {attempt} times although the condition holds.", answer.Refusal as Exception ?? new IOException("No answer."));
            }

            await Task.Delay(Step * (attempt + faults) * (0.5 + Random.Shared.NextDouble()), time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// An unconditional put. Ceph drops the one that loses a race against a conditional put, and says that it was written: so it is written again where the object
    /// is one that was put over what was there before.
    /// </summary>
    public async ValueTask<PutResult> PutAlwaysAsync(string bucketKey, ReadOnlyMemory<byte> content, ConditionForm form, CancellationToken cancellationToken)
    {
        string nonce = RandomNumberGenerator.GetHexString(32, lowercase: true);
        while (true)
        {
            string? before = form == ConditionForm.Unquoted ? await StateOfAsync(bucketKey, cancellationToken).ConfigureAwait(false) : null;
            PutObjectResponse written = await bucket.AskAsync(
                $"Writing '{bucketKey}'",
                (s3, token) =>
                {
                    PutObjectRequest request = bucket.NewPut(bucketKey, content, isData: false);
                    request.Metadata.Add(S3Bucket.NonceMetadata, nonce);
                    return s3.PutObjectAsync(request, token);
                },
                cancellationToken).ConfigureAwait(false);

            // The same bytes have the same ETag: then a conditional put may well have come afterwards.
            string etag = S3Bucket.Unquote(written.ETag);
            if (before is null || before == etag || !await WasReplacedAsync(bucketKey, before, cancellationToken).ConfigureAwait(false))
            {
                return PutResult.Written(etag);
            }
        }
    }

    /// <summary>A delete. Ceph drops the one that loses a race against a put, and says that it is done: so it is done again.</summary>
    public async ValueTask DeleteAsync(string bucketKey, ConditionForm form, CancellationToken cancellationToken)
    {
        string? before;
        do
        {
            before = form == ConditionForm.Unquoted ? await StateOfAsync(bucketKey, cancellationToken).ConfigureAwait(false) : null;
            if (before == S3Bucket.Nothing)
            {
                return;
            }

            await bucket.DeleteAsync(bucketKey, cancellationToken).ConfigureAwait(false);
        }
        while (before is not null && await WasReplacedAsync(bucketKey, before, cancellationToken).ConfigureAwait(false));
    }

    private async ValueTask<string> StateOfAsync(string bucketKey, CancellationToken cancellationToken) =>
        await bucket.HeadAsync(bucketKey, cancellationToken).ConfigureAwait(false) is { } found ? S3Bucket.Unquote(found.ETag) : S3Bucket.Nothing;

    // A conditional put over the very state that was there before cannot have come after a write or delete that really happened.
    private async ValueTask<bool> WasReplacedAsync(string bucketKey, string before, CancellationToken cancellationToken) =>
        await bucket.HeadAsync(bucketKey, cancellationToken).ConfigureAwait(false) is { } found && found.Metadata[S3Bucket.ReplacedMetadata] == before;

    /// <summary>Whether a put that nobody answered was done, where the object is another's now.</summary>
    private static PutResult Decide(string bucketKey, ReadOnlyMemory<byte> content, PutCondition condition, GetObjectMetadataResponse found, Exception unanswered)
    {
        string? replaced = found.Metadata[S3Bucket.ReplacedMetadata];
        if (replaced is null || replaced == (condition.RequiredETag ?? S3Bucket.Nothing))
        {
            // One alone can have replaced what the condition asks for; and what was written without a condition has left nothing of any other.
            return PutResult.ConditionFailed;
        }

        // What most servers give as the ETag. Where it is something else, the answer is left open.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        hash.AppendData(content.Span);
        string own = Convert.ToHexStringLower(hash.GetHashAndReset());
        return replaced == own
            ? PutResult.Written(own)
            : throw new StoreUnavailableException($"No answer came to a put of '{bucketKey}', and others have written it since: whether it was written cannot be told.", unanswered);
    }

    private PutObjectRequest NewPut(string bucketKey, ReadOnlyMemory<byte> content, PutCondition condition, ConditionForm form, string nonce)
    {
        PutObjectRequest request = bucket.NewPut(bucketKey, content, isData: false);
        request.Metadata.Add(S3Bucket.NonceMetadata, nonce);
        request.Metadata.Add(S3Bucket.ReplacedMetadata, condition.RequiredETag ?? S3Bucket.Nothing);
        if (condition.RequiresAbsence)
        {
            request.IfNoneMatch = "*";
        }
        else
        {
            request.IfMatch = form == ConditionForm.Quoted ? $"\"{condition.RequiredETag}\"" : condition.RequiredETag;
        }

        return request;
    }

    // 404 answers If-Match where nothing is; 409 and 500 are what some servers say to the loser of a race.
    private static bool IsUndecided(AmazonS3Exception refusal) =>
        refusal.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict or HttpStatusCode.InternalServerError || S3Bucket.IsNotFound(refusal);
}
