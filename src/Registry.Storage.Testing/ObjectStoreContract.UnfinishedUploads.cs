using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    [Fact]
    public void A_store_lists_unfinished_uploads_if_the_fixture_says_so() => Assert.True(
        Store is IUnfinishedUploads == fixture.ListsUnfinishedUploads,
        $"The store does, and the fixture says the contrary, or the other way round: override {nameof(ObjectStoreFixture)}.{nameof(ObjectStoreFixture.ListsUnfinishedUploads)}.");

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(6 * MiB)]
    [InlineData(12 * MiB)]
    [InlineData(17 * MiB)]
    public async Task An_upload_is_listed_as_unfinished_from_its_first_flush_until_it_is_complete(int length)
    {
        if (!fixture.ListsUnfinishedUploads)
        {
            return;
        }

        byte[] content = Bytes(2 * length);
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), content.AsMemory(0, length));
        Assert.Equal([Key("object")], await ListUnfinishedAsync(Store));
        Assert.Equal([Key("object")], await ListUnfinishedAsync(OtherStore));

        await using (ObjectAppender appender = await OpenAppenderAsync(OtherStore, token))
        {
            await appender.WriteAsync(content.AsMemory(length), Cancel);
            Assert.Equal([Key("object")], await ListUnfinishedAsync(Store));
            token = await appender.FlushAsync(Cancel);
        }

        Assert.Equal([Key("object")], await ListUnfinishedAsync(Store));
        string key = await CompleteAsync(Store, token);

        Assert.Empty(await ListUnfinishedAsync(Store));
        Assert.Empty(await ListUnfinishedAsync(OtherStore));
        StoreAssert.Bytes(content, await ReadAsync(OtherStore, key), key);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(6 * MiB)]
    [InlineData(12 * MiB)]
    [InlineData(17 * MiB)]
    public async Task An_upload_that_its_appender_completed_is_not_unfinished(int length)
    {
        if (!fixture.ListsUnfinishedUploads)
        {
            return;
        }

        await UploadAsync(Key("object"), Bytes(length));

        Assert.Empty(await ListUnfinishedAsync(OtherStore));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(6 * MiB)]
    [InlineData(12 * MiB)]
    [InlineData(17 * MiB)]
    public async Task An_aborted_upload_is_not_unfinished(int length)
    {
        if (!fixture.ListsUnfinishedUploads)
        {
            return;
        }

        UploadToken token = await Store.BeginUploadAsync(Key("object"), Cancel);
        token = length == 0 ? token : await AppendAsync(Store, token, Bytes(length));

        await OtherStore.AbortUploadAsync(token, Cancel);

        Assert.Empty(await ListUnfinishedAsync(Store));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(6 * MiB)]
    [InlineData(12 * MiB)]
    [InlineData(17 * MiB)]
    public async Task The_token_of_the_listing_aborts_the_upload_for_good(int length)
    {
        if (!fixture.ListsUnfinishedUploads)
        {
            return;
        }

        UploadToken begun = await Store.BeginUploadAsync(Key("object"), Cancel);
        UploadToken older = await AppendAsync(Store, begun, Bytes(length));
        UploadToken newer = await AppendAsync(Store, older, Bytes(length));

        Assert.Equal(1, await AbortUnfinishedAsync(OtherStore));

        Assert.Empty(await ListUnfinishedAsync(Store));
        foreach (UploadToken gone in (UploadToken[])[newer, older, begun])
        {
            Assert.Null(await Store.OpenAppendAsync(gone, Cancel));
            Assert.Null(await OtherStore.CompleteUploadAsync(gone, Cancel));
        }

        await AssertAbsentAsync(Store, Key("object"));
        Assert.Empty(await ListAllAsync(OtherStore, Key("")));
        Assert.Empty(await ListUnfinishedAsync(OtherStore));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(20 * MiB)]
    public async Task What_a_process_leaves_of_an_upload_that_it_never_flushed_can_be_aborted(int length)
    {
        if (!fixture.ListsUnfinishedUploads)
        {
            return;
        }

        // Whether anything is kept of these before the first flush is the store's own affair.
        await Store.BeginUploadAsync(Key("begun"), Cancel);
        ObjectAppender appender = await OpenAppenderAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel));
        string? key = null;
        try
        {
            await appender.WriteAsync(Bytes(length), Cancel);
            bool busy = false;
            foreach (UnfinishedUpload upload in await ReadUnfinishedAsync(OtherStore, Key(""), 1000))
            {
                Assert.Contains(upload.Key, (string[])[Key("begun"), Key("object")]);
                IOException? fault = await StoreAssert.FaultOfAsync(() => OtherStore.AbortUploadAsync(upload.Token, Cancel).AsTask());
                Assert.True(fault is null or UploadBusyException, $"Aborting gave {fault}.");
                busy |= fault is not null;
            }

            if (!busy)
            {
                Assert.Empty(await ListUnfinishedAsync(OtherStore));

                // An upload of which nothing was kept was not listed, so it was not aborted, and may be completed.
                await StoreAssert.FaultOfAsync(async () => key = await appender.CompleteAsync(Cancel));
            }
        }
        finally
        {
            await appender.DisposeAsync();
        }

        await AbortUnfinishedAsync(OtherStore);
        Assert.Empty(await ListUnfinishedAsync(Store));
        Assert.Equal(key is null ? [] : [key], await ListAllAsync(OtherStore, Key("")));
    }

    [Fact]
    public async Task What_others_left_beside_a_complete_upload_can_be_aborted_and_leaves_the_object()
    {
        if (!fixture.ListsUnfinishedUploads)
        {
            return;
        }

        byte[] content = Bytes(1000);
        UploadToken common = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), content);
        await AppendAsync(Store, common, Bytes(9 * MiB, seed: 2));
        await AppendAsync(OtherStore, common, Bytes(9 * MiB, seed: 3));
        UploadToken token = await AppendAsync(OtherStore, common, default);
        string key = await CompleteAsync(Store, token);

        await AbortUnfinishedAsync(OtherStore);

        Assert.Empty(await ListUnfinishedAsync(Store));
        await AssertContentAsync(OtherStore, key, content);
        Assert.Equal(key, await Store.CompleteUploadAsync(token, Cancel));
    }

    [Fact]
    public async Task Unfinished_uploads_are_listed_in_pages_in_the_order_of_their_keys()
    {
        if (!fixture.ListsUnfinishedUploads)
        {
            return;
        }

        string[] keys = [.. Enumerable.Range(0, 23).Select(i => Key($"page/{i:00}"))];
        string[] others = [Key("pag/0"), Key("page-1"), Key("pagf"), Key("other/page/01")];
        UploadToken[] tokens = await BeginAllAsync([.. keys, .. others]);

        foreach (int limit in (int[])[1, 7, 22, 23, 1000])
        {
            Assert.Equal(keys, (await ReadUnfinishedAsync(limit == 7 ? OtherStore : Store, Key("page/"), limit)).Select(static upload => upload.Key));
        }

        Assert.Equal(keys[10..20], (await ReadUnfinishedAsync(Store, Key("page/1"), 4)).Select(static upload => upload.Key));
        Assert.Equal([keys[7]], (await ReadUnfinishedAsync(OtherStore, keys[7], 4)).Select(static upload => upload.Key));
        Assert.Empty(await ReadUnfinishedAsync(Store, Key("page/x"), 4));
        Assert.Equal(keys.Concat(others).Order(StringComparer.Ordinal), (await ListUnfinishedAsync(Store)).Order(StringComparer.Ordinal));

        // What comes and goes between two pages does not disturb the others; and another instance goes on where one stopped.
        UnfinishedPage first = await ((IUnfinishedUploads)Store).ListUnfinishedAsync(Key("page/"), null, 10, Cancel);
        await Store.AbortUploadAsync(tokens[first.Uploads.Count - 1], Cancel);
        await Store.AbortUploadAsync(tokens[20], Cancel);
        Assert.NotNull(await OtherStore.CompleteUploadAsync(tokens[0], Cancel));
        List<string> all = [.. first.Uploads.Select(static upload => upload.Key), .. (await ReadUnfinishedAsync(OtherStore, Key("page/"), 5, first.Continuation)).Select(static upload => upload.Key)];
        Assert.Equal(keys.Where((_, i) => i != 20), all);
    }

    [Fact]
    public async Task Unfinished_uploads_are_listed_whatever_their_keys_are_made_of()
    {
        if (!fixture.ListsUnfinishedUploads)
        {
            return;
        }

        int room = ObjectStoreLimits.MaxKeyLength - Key("").Length;
        string[] keys =
        [
            .. AwkwardParts.Select(part => Key($"name/{part}")), Key("Name/x"), Key("name/X"), Key("name/x"), Key("name/x-0123456789abcdef"),
            Key(new string('x', room)), Key(new string(':', room)), Key(new string('C', room - 1)), Key(ManyParts('a', room)), Key(ManyParts('b', room / 3)), Key(new string('~', room / 3)),
        ];
        await BeginAllAsync(keys);

        Assert.Equal(keys.Order(StringComparer.Ordinal), (await ListUnfinishedAsync(OtherStore)).Order(StringComparer.Ordinal));
        Assert.Equal(keys.Order(StringComparer.Ordinal), (await ReadUnfinishedAsync(Store, Key(""), 10)).Select(static upload => upload.Key).Distinct().Order(StringComparer.Ordinal));

        Assert.Equal(keys.Length, await AbortUnfinishedAsync(OtherStore));
        Assert.Empty(await ListUnfinishedAsync(Store));
    }

    [Fact]
    public async Task A_listing_of_unfinished_uploads_checks_its_arguments()
    {
        if (!fixture.ListsUnfinishedUploads)
        {
            return;
        }

        var uploads = (IUnfinishedUploads)Store;
        await AssertCancelledAsync(() => uploads.ListUnfinishedAsync(Key(""), null, 10, Cancelled).AsTask());
        foreach (string prefix in (string[])["/", "a//", "../", "a b", "é"])
        {
            await AssertRefusedAsync(prefix, () => uploads.ListUnfinishedAsync(prefix, null, 10, Cancel).AsTask());
        }

        foreach (string continuation in (string[])["", "no continuation", "../../x", "é/日本/\n"])
        {
            await AssertRefusedAsync(continuation, () => uploads.ListUnfinishedAsync(Key(""), continuation, 10, Cancel).AsTask());
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => uploads.ListUnfinishedAsync(Key(""), null, 0, Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => uploads.ListUnfinishedAsync(Key(""), null, ObjectStoreLimits.MaxPageKeys + 1, Cancel).AsTask());
    }

    private async Task<UploadToken[]> BeginAllAsync(string[] keys)
    {
        var tokens = new UploadToken[keys.Length];
        await Parallel.ForAsync(0, keys.Length, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (i, cancel) =>
            tokens[i] = await AppendAsync(Store, await Store.BeginUploadAsync(keys[i], cancel), ContentOf(keys[i])));
        return tokens;
    }

    private async Task<List<string>> ListUnfinishedAsync(IObjectStore store) =>
        [.. (await ReadUnfinishedAsync(store, Key(""), ObjectStoreLimits.MaxPageKeys)).Select(static upload => upload.Key)];

    private async Task<int> AbortUnfinishedAsync(IObjectStore store)
    {
        List<UnfinishedUpload> uploads = await ReadUnfinishedAsync(store, Key(""), 4);
        foreach (UnfinishedUpload upload in uploads)
        {
            await store.AbortUploadAsync(upload.Token, Cancel);
        }

        return uploads.Select(static upload => upload.Key).Distinct(StringComparer.Ordinal).Count();
    }

    /// <summary>Pages through a listing of unfinished uploads and checks what every page must keep.</summary>
    private static async Task<List<UnfinishedUpload>> ReadUnfinishedAsync(IObjectStore store, string prefix, int limit, string? continuation = null)
    {
        var all = new List<UnfinishedUpload>();
        for (int pages = 1; ; pages++)
        {
            UnfinishedPage page = await ((IUnfinishedUploads)store).ListUnfinishedAsync(prefix, continuation, limit, Cancel);
            Assert.InRange(page.Uploads.Count, 0, limit);
            foreach (UnfinishedUpload upload in page.Uploads)
            {
                Assert.StartsWith(prefix, upload.Key, StringComparison.Ordinal);
                AssertToken(upload.Token);
                all.Add(upload);
            }

            continuation = page.Continuation;
            if (continuation is null)
            {
                return all;
            }

            Assert.True(pages < 10_000, "The listing does not come to its end.");
        }
    }
}
