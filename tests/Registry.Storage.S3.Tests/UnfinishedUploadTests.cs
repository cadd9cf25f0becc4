using Amazon.S3.Model;

namespace Registry.Storage.S3;

/// <summary>What the bucket says of uploads: multipart uploads of the server's own, tails, and tombstones of aborted ones.</summary>
public sealed class UnfinishedUploadTests(CephBucketFixture fixture) : IClassFixture<CephBucketFixture>
{
    private const int MiB = 1024 * 1024;

    private readonly string root = $"unfinished/{Guid.NewGuid():N}/";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Multipart_uploads_and_tails_are_merged_by_their_keys_and_an_upload_with_both_is_one()
    {
        using S3ObjectStore store = await OpenAsync();
        int[] sizes = [9 * MiB, 10, 8 * MiB, 10, 10, 9 * MiB, 9 * MiB, 8 * MiB, 10];
        string[] keys = [.. sizes.Select((size, i) => $"{root}{i}")];
        for (int i = 0; i < sizes.Length; i++)
        {
            // In two steps, which leaves two tails where there are any.
            await AppendAsync(store, await AppendAsync(store, await store.BeginUploadAsync(keys[i], Cancel), sizes[i]), 10);
        }

        foreach (int limit in (int[])[1, 2, 3, 8, 9, 1000])
        {
            Assert.Equal(keys, (await ListAsync(store, limit)).Select(static upload => upload.Key));
        }

        foreach (UnfinishedUpload upload in await ListAsync(store, 2))
        {
            await store.AbortUploadAsync(upload.Token, Cancel);
        }

        Assert.Empty(await ListAsync(store, 2));
        Assert.Empty((await fixture.Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = fixture.Bucket, Prefix = "reg/o/" + root }, Cancel)).MultipartUploads ?? []);
        ListObjectsV2Response state = await fixture.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = fixture.Bucket, Prefix = "reg/u/" + root }, Cancel);
        Assert.All(state.S3Objects, static kept => Assert.EndsWith(" aborted", kept.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_multipart_upload_that_was_begun_twice_because_an_answer_was_lost_goes_with_the_other()
    {
        using S3ObjectStore store = await OpenAsync();
        string[] keys = [root + "a", root + "b", root + "c"];
        foreach (string key in (string[])[keys[0], keys[1], keys[1], keys[1], keys[2]])
        {
            await fixture.Client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = fixture.Bucket, Key = $"reg/o/{key}-0123456789abcdef" }, Cancel);
        }

        Assert.Equal(keys, (await ListAsync(store, 1000)).Select(static upload => upload.Key));
        List<UnfinishedUpload> all = await ListAsync(store, 1);
        Assert.Equal(keys, all.Select(static upload => upload.Key).Distinct());
        await store.AbortUploadAsync(all.First(upload => upload.Key == keys[1]).Token, Cancel);

        Assert.Equal([keys[0], keys[2]], (await ListAsync(store, 1)).Select(static upload => upload.Key));
    }

    [Fact]
    public async Task Parts_beside_an_object_are_listed_and_aborted_without_a_tombstone()
    {
        using S3ObjectStore store = await OpenAsync();
        UploadToken begun = await store.BeginUploadAsync(root + "a", Cancel);
        await AppendAsync(store, begun, 8 * MiB);
        string? key = await store.CompleteUploadAsync(await AppendAsync(store, begun, 8 * MiB + 1), Cancel);
        Assert.NotNull(key);

        UnfinishedUpload left = Assert.Single(await ListAsync(store, 10));
        await store.AbortUploadAsync(left.Token, Cancel);

        Assert.Empty(await ListAsync(store, 10));
        Assert.Empty((await fixture.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = fixture.Bucket, Prefix = "reg/u/" + root }, Cancel)).S3Objects ?? []);
        await using ObjectContent? content = await store.OpenReadAsync(key, 0, null, Cancel);
        Assert.Equal(8 * MiB + 1, content?.TotalLength);
    }

    [Fact]
    public async Task Many_aborted_uploads_and_many_tails_of_one_do_not_hide_the_others()
    {
        using S3ObjectStore store = await OpenAsync();
        string[] state =
        [
            .. Enumerable.Range(0, 1200).Select(i => $"{root}b{i:0000} aborted"),
            .. Enumerable.Range(0, 1200).Select(i => $"{root}d {i:x20}"), $"{root}d aborted",
        ];
        await Parallel.ForEachAsync(state, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (name, cancel) =>
            await fixture.Client.PutObjectAsync(new PutObjectRequest { BucketName = fixture.Bucket, Key = "reg/u/" + name, ContentBody = "" }, cancel));
        string[] keys = [root + "a", root + "c", root + "d", root + "e"];
        foreach (string key in (string[])[keys[0], keys[1], keys[3]])
        {
            await AppendAsync(store, await store.BeginUploadAsync(key, Cancel), 10);
        }

        Assert.Equal(keys, (await ListAsync(store, 1000)).Select(static upload => upload.Key));
        Assert.Equal(keys, (await ListAsync(store, 1)).Select(static upload => upload.Key));
    }

    private static async Task<UploadToken> AppendAsync(S3ObjectStore store, UploadToken token, int count)
    {
        await using ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel);
        Assert.NotNull(appender);
        await appender.WriteAsync(new byte[count], Cancel);
        return await appender.FlushAsync(Cancel);
    }

    private async Task<S3ObjectStore> OpenAsync()
    {
        await fixture.RequireAsync(Cancel);
        return CephBucketFixture.Open(fixture.Options);
    }

    private async Task<List<UnfinishedUpload>> ListAsync(S3ObjectStore store, int limit)
    {
        var all = new List<UnfinishedUpload>();
        string? continuation = null;
        do
        {
            UnfinishedPage page = await store.ListUnfinishedAsync(root, continuation, limit, Cancel);
            Assert.InRange(page.Uploads.Count, 0, limit);
            all.AddRange(page.Uploads);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return all;
    }
}
