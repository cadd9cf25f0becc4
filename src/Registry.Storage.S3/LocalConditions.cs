using Amazon.S3.Model;

namespace Registry.Storage.S3;

/// <summary>Conditions for a server that has none, where one process alone writes: check and write under a lock of the process.</summary>
internal sealed class LocalConditions(S3Bucket bucket)
{
    private readonly SemaphoreSlim[] stripes = [.. Enumerable.Range(0, 64).Select(static _ => new SemaphoreSlim(1))];

    public async ValueTask<PutResult> PutAsync(string bucketKey, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        SemaphoreSlim stripe = StripeOf(bucketKey);
        await stripe.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (condition.RequiresAbsence || condition.RequiredETag is not null)
            {
                GetObjectMetadataResponse? found = await bucket.HeadAsync(bucketKey, cancellationToken).ConfigureAwait(false);
                if (condition.RequiresAbsence ? found is not null : found is null || S3Bucket.Unquote(found.ETag) != condition.RequiredETag)
                {
                    return PutResult.ConditionFailed;
                }
            }

            PutObjectResponse written = await bucket.AskAsync(
                $"Writing '{bucketKey}'", (s3, token) => s3.PutObjectAsync(bucket.NewPut(bucketKey, content, isData: false), token), cancellationToken).ConfigureAwait(false);
            return PutResult.Written(S3Bucket.Unquote(written.ETag));
        }
        finally
        {
            stripe.Release();
        }
    }

    public async ValueTask DeleteAsync(string bucketKey, CancellationToken cancellationToken)
    {
        SemaphoreSlim stripe = StripeOf(bucketKey);
        await stripe.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await bucket.DeleteAsync(bucketKey, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            stripe.Release();
        }
    }

    public async ValueTask<bool> DeleteAsync(string bucketKey, string etag, CancellationToken cancellationToken)
    {
        SemaphoreSlim stripe = StripeOf(bucketKey);
        await stripe.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await bucket.HeadAsync(bucketKey, cancellationToken).ConfigureAwait(false) is not { } found || S3Bucket.Unquote(found.ETag) != etag)
            {
                return false;
            }

            await bucket.DeleteAsync(bucketKey, cancellationToken).ConfigureAwait(false);
            return true;
        }
        finally
        {
            stripe.Release();
        }
    }

    private SemaphoreSlim StripeOf(string bucketKey) => stripes[(uint)string.GetHashCode(bucketKey, StringComparison.Ordinal) % stripes.Length];
}
