using System.Net;
using System.Security.Cryptography;
using Amazon.S3.Model;

namespace Registry.Storage.S3;

/// <summary>What the store does with uploads beside the contract, looked at in the bucket.</summary>
public sealed class S3UploadTests(CephBucketFixture fixture) : IClassFixture<CephBucketFixture>
{
    private const int MiB = 1024 * 1024;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_blob_of_many_parts_is_appended_by_several_instances_and_leaves_nothing_else_behind()
    {
        await fixture.RequireAsync(Cancel);
        byte[] content = RandomNumberGenerator.GetBytes((27 * MiB) + 12345);
        UploadToken token = await BeginAsync("several");
        int written = 0;
        foreach (int length in (int[])[9 * MiB, 3, 10 * MiB, 6 * MiB])
        {
            using S3ObjectStore store = CephBucketFixture.Open(fixture.Options);
            await using ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel);
            await appender!.WriteAsync(content.AsMemory(written, length), Cancel);
            token = await appender.FlushAsync(Cancel);
            written += length;
        }

        using S3ObjectStore last = CephBucketFixture.Open(fixture.Options);
        string? key;
        await using (ObjectAppender? appender = await last.OpenAppendAsync(token, Cancel))
        {
            await appender!.WriteAsync(content.AsMemory(written), Cancel);
            key = await appender.CompleteAsync(Cancel);
        }

        Assert.StartsWith("several", key, StringComparison.Ordinal);
        await using ObjectContent? read = await last.OpenReadAsync(key!, 0, null, Cancel);
        Assert.Equal(SHA256.HashData(content), await SHA256.HashDataAsync(read!.Stream, Cancel));
        Assert.Null(await last.OpenAppendAsync(token, Cancel));
        await AssertNothingIsKeptAsync(token, "several");
    }

    [Fact]
    public async Task A_multipart_upload_that_no_token_knows_of_ends_with_its_appender()
    {
        await fixture.RequireAsync(Cancel);
        using S3ObjectStore store = CephBucketFixture.Open(fixture.Options);
        UploadToken token = await BeginAsync("dropped");
        await using (ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel))
        {
            await appender!.WriteAsync(new byte[20 * MiB], Cancel);
        }

        await AssertNothingIsKeptAsync(token, "dropped");
    }

    [Fact]
    public async Task An_abort_by_the_first_token_takes_the_parts_of_a_later_one()
    {
        await fixture.RequireAsync(Cancel);
        using S3ObjectStore store = CephBucketFixture.Open(fixture.Options);
        UploadToken begun = await BeginAsync("aborted");
        UploadToken token;
        await using (ObjectAppender? appender = await store.OpenAppendAsync(begun, Cancel))
        {
            await appender!.WriteAsync(new byte[(8 * MiB) + 100], Cancel);
            token = await appender.FlushAsync(Cancel);
        }

        await store.AbortUploadAsync(begun, Cancel);

        Assert.Null(await store.CompleteUploadAsync(token, Cancel));
        Assert.Null(await store.OpenAppendAsync(token, Cancel));
        await AssertNothingIsKeptAsync(token, "aborted");
    }

    [Fact]
    public async Task Completing_a_large_upload_again_finds_the_object_and_another_token_does_not()
    {
        await fixture.RequireAsync(Cancel);
        using S3ObjectStore store = CephBucketFixture.Open(fixture.Options);
        UploadToken older;
        UploadToken newer;
        await using (ObjectAppender? appender = await store.OpenAppendAsync(await BeginAsync("again"), Cancel))
        {
            await appender!.WriteAsync(new byte[9 * MiB], Cancel);
            older = await appender.FlushAsync(Cancel);
            await appender.WriteAsync(new byte[100], Cancel);
            newer = await appender.FlushAsync(Cancel);
        }

        string? key = await store.CompleteUploadAsync(newer, Cancel);

        Assert.NotNull(key);
        Assert.Equal(key, await store.CompleteUploadAsync(newer, Cancel));
        Assert.Null(await store.CompleteUploadAsync(older, Cancel));
    }

    [Fact]
    public async Task A_download_address_gives_the_bytes_to_whoever_has_it()
    {
        await fixture.RequireAsync(Cancel);
        using S3ObjectStore store = CephBucketFixture.Open(fixture.Options);
        byte[] content = RandomNumberGenerator.GetBytes(1000);
        await store.PutAsync("down/load+me", content, PutCondition.None, Cancel);
        using var client = new HttpClient();

        Uri? address = await store.GetDownloadUrlAsync("down/load+me", TimeSpan.FromMinutes(5), Cancel);

        Assert.Equal(content, await client.GetByteArrayAsync(address, Cancel));
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync(address!.GetLeftPart(UriPartial.Path), Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_download_address_names_the_public_server()
    {
        await fixture.RequireAsync(Cancel);
        S3ObjectStoreOptions options = fixture.Options;
        options.PublicServiceUrl = new Uri("https://files.example.com");
        using S3ObjectStore store = CephBucketFixture.Open(options);

        Uri? address = await store.GetDownloadUrlAsync("a", TimeSpan.FromMinutes(5), Cancel);

        Assert.StartsWith($"https://files.example.com/{fixture.Bucket}/reg/o/a?", address!.AbsoluteUri, StringComparison.Ordinal);
    }

    private async Task<UploadToken> BeginAsync(string key)
    {
        using S3ObjectStore store = CephBucketFixture.Open(fixture.Options);
        return await store.BeginUploadAsync(key, Cancel);
    }

    private async Task AssertNothingIsKeptAsync(UploadToken token, string key)
    {
        ListObjectsV2Response state = await fixture.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = fixture.Bucket, Prefix = $"reg/u/{token.Value.Split(' ')[1]} " }, Cancel);
        Assert.All(state.S3Objects ?? [], kept => Assert.EndsWith(" aborted", kept.Key, StringComparison.Ordinal));
        ListMultipartUploadsResponse uploads = await fixture.Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = fixture.Bucket, Prefix = $"reg/o/{key}" }, Cancel);
        Assert.Empty(uploads.MultipartUploads ?? []);
    }
}
