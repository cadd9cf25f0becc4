using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Registry.TestServers.Faults;

namespace Registry.Storage.S3;

/// <summary>
/// A server that keeps the condition of deletes, as Amazon's does: it stands before Ceph, which ignores it, and lets in one write of a key at a time.
/// </summary>
internal sealed class ConditionalDeleteServer : IAsyncDisposable
{
    private readonly SemaphoreSlim[] stripes = [.. Enumerable.Range(0, 64).Select(static _ => new SemaphoreSlim(1))];
    private readonly IAmazonS3 ceph;
    private readonly string bucket;
    private readonly FaultProxy proxy;

    private ConditionalDeleteServer(Uri address, IAmazonS3 ceph, string bucket)
    {
        this.ceph = ceph;
        this.bucket = bucket;
        proxy = FaultProxy.Start(address, AdmitAsync);
    }

    public Uri Address => proxy.Address;

    /// <summary>How many deletes it refused.</summary>
    public int Refusals => proxy.Count(FaultKind.Answer);

    /// <param name="address">Where Ceph is.</param>
    /// <param name="ceph">A client of it.</param>
    /// <param name="bucket">The bucket that is used.</param>
    public static ConditionalDeleteServer Start(Uri address, IAmazonS3 ceph, string bucket) => new(address, ceph, bucket);

    public ValueTask DisposeAsync() => proxy.DisposeAsync();

    private async ValueTask<Admission> AdmitAsync(ProxiedRequest request, CancellationToken cancellationToken)
    {
        if (request.Method is not ("PUT" or "DELETE"))
        {
            return new Admission(static () => { });
        }

        SemaphoreSlim stripe = stripes[(uint)string.GetHashCode(request.Path, StringComparison.Ordinal) % stripes.Length];
        await stripe.WaitAsync(cancellationToken);
        try
        {
            CannedAnswer? refusal = request.Method == "DELETE" && request.Header("If-Match") is { } etag ? await RefusalAsync(request, etag, cancellationToken) : null;
            return new Admission(() => stripe.Release()) { Instead = refusal };
        }
        catch
        {
            stripe.Release();
            throw;
        }
    }

    private async Task<CannedAnswer?> RefusalAsync(ProxiedRequest request, string etag, CancellationToken cancellationToken)
    {
        try
        {
            string key = Uri.UnescapeDataString(request.Path[$"/{bucket}/".Length..]);
            GetObjectMetadataResponse found = await ceph.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = bucket, Key = key }, cancellationToken);
            return $"\"{found.ETag.Trim('"')}\"" == etag ? null : CannedAnswer.S3(412, "PreconditionFailed");
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return CannedAnswer.S3(404, "NoSuchKey");
        }
    }
}
