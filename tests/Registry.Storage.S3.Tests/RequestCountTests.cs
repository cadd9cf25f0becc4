using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.TestServers.Ceph;

namespace Registry.Storage.S3;

/// <summary>
/// How many requests each operation is made of, on a server that takes ETags only without quotes: there, whoever writes without a condition or deletes looks before and after.
/// The table in <c>docs/storage-providers.md</c> says the same.
/// </summary>
public sealed class RequestCountTests(CephBucketFixture fixture) : IClassFixture<CephBucketFixture>
{
    private const int MiB = 1024 * 1024;

    private int requests;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Small_objects()
    {
        using S3ObjectStore store = await OpenAsync();
        PutResult put = default;

        await AssertCostsAsync(1, async () => await store.GetAsync("small", Cancel));
        await AssertCostsAsync(1, async () => put = await store.PutAsync("small", new byte[10], PutCondition.IfAbsent, Cancel));
        await AssertCostsAsync(1, async () => await store.PutAsync("small", new byte[11], PutCondition.IfMatch(put.ETag!), Cancel));
        await AssertCostsAsync(2, async () => await store.PutAsync("small", new byte[11], PutCondition.IfAbsent, Cancel));
        await AssertCostsAsync(1, async () => await store.GetAsync("small", Cancel));
        await AssertCostsAsync(1, async () => await store.ListAsync("s", null, 10, Cancel));
        await AssertCostsAsync(2, async () => await store.ListUnfinishedAsync("s", null, 10, Cancel));
        await AssertCostsAsync(3, async () => await store.DeleteAsync("small", Cancel));
    }

    [Fact]
    public async Task An_upload_of_less_than_a_part_in_one_go()
    {
        using S3ObjectStore store = await OpenAsync();
        UploadToken token = default;
        ObjectAppender? appender = null;

        await AssertCostsAsync(0, async () => token = await store.BeginUploadAsync("one-go", Cancel));
        await AssertCostsAsync(2, async () => appender = await store.OpenAppendAsync(token, Cancel));
        await AssertCostsAsync(0, async () => await appender!.WriteAsync(new byte[MiB], Cancel));
        await AssertCostsAsync(2, async () => await appender!.CompleteAsync(Cancel));
        await appender!.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_of_less_than_a_part_that_is_flushed_and_then_completed()
    {
        using S3ObjectStore store = await OpenAsync();
        UploadToken token = await store.BeginUploadAsync("flushed", Cancel);
        await using (ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel))
        {
            await appender!.WriteAsync(new byte[MiB], Cancel);
            await AssertCostsAsync(1, async () => token = await appender.FlushAsync(Cancel));
        }

        // The tail, the look for an abort, the object, the removal of the tail.
        await AssertCostsAsync(4, async () => await store.CompleteUploadAsync(token, Cancel));
    }

    [Fact]
    public async Task An_upload_of_many_parts()
    {
        using S3ObjectStore store = await OpenAsync();
        UploadToken token = await store.BeginUploadAsync("parts", Cancel);
        await using (ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel))
        {
            // Beginning the multipart upload, three parts, and the last one, which is long enough.
            await AssertCostsAsync(5, async () =>
            {
                await appender!.WriteAsync(new byte[(24 * MiB) + (6 * MiB)], Cancel);
                token = await appender.FlushAsync(Cancel);
            });
        }

        // The parts, the look for an abort, the completion: whatever the size.
        await AssertCostsAsync(3, async () => await store.CompleteUploadAsync(token, Cancel));
    }

    [Fact]
    public async Task Reading_and_addresses()
    {
        using S3ObjectStore store = await OpenAsync();
        await store.PutAsync("read", new byte[MiB], PutCondition.None, Cancel);

        await AssertCostsAsync(1, async () =>
        {
            await using ObjectContent? content = await store.OpenReadAsync("read", 0, null, Cancel);
            await content!.Stream.CopyToAsync(Stream.Null, Cancel);
        });
        await AssertCostsAsync(0, async () => await store.GetDownloadUrlAsync("read", TimeSpan.FromMinutes(5), Cancel));
    }

    private async Task<S3ObjectStore> OpenAsync()
    {
        await fixture.RequireAsync(Cancel);
        S3Clients clients = S3Clients.Make(fixture.Options, new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey));
        foreach (AmazonServiceClient client in (AmazonServiceClient[])[(AmazonServiceClient)clients.Main, (AmazonServiceClient)clients.WithoutRetries])
        {
            client.BeforeRequestEvent += (_, _) => Interlocked.Increment(ref requests);
        }

        var store = new S3ObjectStore(clients, fixture.Options, TimeProvider.System, NullLogger.Instance);
        await store.ProbeAsync(Cancel);
        return store;
    }

    private async Task AssertCostsAsync(int expected, Func<Task> act)
    {
        int before = requests;
        await act();
        Assert.Equal(expected, requests - before);
    }
}
