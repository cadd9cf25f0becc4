using Registry.Content;
using Registry.Content.Records;
using Registry.Content.Uploads;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Collection;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Collection;

public sealed class SessionSweepTests : CollectionTest
{
    private static readonly byte[] Content = Bytes("the content");

    [Fact]
    public async Task A_session_that_nobody_goes_on_with_is_dropped_with_its_bytes()
    {
        string id = await Root.StartAsync(Repo);
        await Root.Uploads.AppendAsync(Repo, id, Pushing.Body(Content), null, Cancel);

        Time.Advance(Settings.UploadLifetime - TimeSpan.FromMinutes(1));
        Assert.Equal(0, (await ScanAsync()).UploadsDropped);
        Time.Advance(TimeSpan.FromMinutes(1));
        CollectionCounts counts = await ScanAsync();

        Assert.Equal((1, Content.Length), (counts.UploadsDropped, counts.BytesFreed));
        Assert.Equal(UploadOutcome.Unknown, (await Root.Uploads.StatusAsync(Repo, id, Cancel)).Outcome);
        Assert.Empty(await KeysAsync(ContentKeys.UploadsPrefix));
        Assert.Empty((await ((IUnfinishedUploads)Store).ListUnfinishedAsync("", null, 10, Cancel)).Uploads);
    }

    [Fact]
    public async Task A_session_that_comes_back_after_its_bytes_became_a_blob_takes_nothing_along()
    {
        string id = await Root.StartAsync(Repo);
        string key = ContentKeys.Upload(id);
        SmallObject begun = (await Store.GetAsync(key, Cancel))!;
        await Root.Uploads.FinishAsync(Repo, id, [Sha256(Content)], Pushing.Body(Content), null, Cancel);
        TestManifest image = TestManifest.Image(Sha256(Content), []);
        await Root.PushAsync(Repo, image, "latest");

        // The request that began it was sent twice, and the second was long on its way.
        await Store.PutAsync(key, begun.Content, PutCondition.IfAbsent, Cancel);
        await CollectAllAsync();

        Assert.Empty(await KeysAsync(ContentKeys.UploadsPrefix));
        Assert.Equal(Content, await Root.ReadBlobAsync(Repo, Sha256(Content)));
    }

    [Fact]
    public async Task An_upload_that_never_got_a_session_is_aborted()
    {
        var hooked = new HookedStore(Store.Share());
        using var starting = new ContentRoot(hooked, Options, Time);
        hooked.OnceBefore(call => call.Is(StoreOperation.Put, ContentKeys.UploadsPrefix), () => throw new IOException("stopped"));
        await Assert.ThrowsAnyAsync<IOException>(() => starting.StartAsync(Repo));

        await CollectAllAsync();

        Assert.Empty((await ((IUnfinishedUploads)Store).ListUnfinishedAsync("", null, 10, Cancel)).Uploads);
    }

    [Fact]
    public async Task A_committer_that_stands_still_at_any_step_while_its_session_is_swept_never_names_bytes_that_are_gone()
    {
        bool reached = true;
        int outcomes = 0;
        for (int step = 1; reached; step++)
        {
            var store = new Storage.InMemory.InMemoryObjectStore(Time);
            using var sweeping = new ContentRoot(store, Options, Time);
            var hooked = new HookedStore(store.Share());
            using var root = new ContentRoot(hooked, Options, Time);
            string id = await root.StartAsync(Repo);
            Func<bool> did = hooked.BeforeStep(step, async () =>
            {
                // Long enough for whatever the sweep leaves of the blob to be collected too, if it can be.
                for (int i = 0; i < 4; i++)
                {
                    Time.Advance(Settings.UploadLifetime);
                    await CollectorOf(sweeping).ScanAsync(false, null, Cancel);
                }
            });
            UploadResult result = default;
            Exception? fault = await Record.ExceptionAsync(async () =>
                result = await root.Uploads.FinishAsync(Repo, id, [Sha256(Content)], Pushing.Body(Content), null, Cancel));
            reached = did();
            Assert.True(fault is null or IOException, $"{fault}");
            Assert.Empty(await ContentInvariants.AlwaysAsync(store, Cancel));
            Versioned<BlobRecord>? blob = await new RecordStore(store, Ids, Time).ReadAsync<BlobRecord>(ContentKeys.Blob(Sha256(Content)), Cancel);
            if (blob is { Record.State: not BlobState.Gone })
            {
                Assert.NotNull(await store.OpenReadAsync(blob.Record.Data, 0, 0, Cancel));
            }

            // What is taken away leaves nothing to find, at once or after another grace period.
            outcomes |= result.Outcome == UploadOutcome.Accepted && fault is null ? 1 : 2;
        }

        Assert.Equal(3, outcomes);
    }

    [Fact]
    public async Task A_session_that_was_committed_and_not_removed_leaves_the_blob_alone()
    {
        var hooked = new HookedStore(Store.Share());
        using var root = new ContentRoot(hooked, Options, Time);
        hooked.OnceBefore(call => call.Is(StoreOperation.Delete, ContentKeys.UploadsPrefix), () => throw new IOException("stopped"));
        await Assert.ThrowsAnyAsync<IOException>(() => root.PushBlobAsync(Repo, Content));
        Assert.Single(await KeysAsync(ContentKeys.UploadsPrefix));

        Settings.UploadLifetime = TimeSpan.FromHours(1);
        Time.Advance(TimeSpan.FromHours(2));
        await ScanAsync();

        Assert.Empty(await KeysAsync(ContentKeys.UploadsPrefix));
        Assert.Equal(Content, await Root.ReadBlobAsync(Repo, Sha256(Content)));
    }

    [Fact]
    public async Task A_sweep_may_stop_after_any_step() => await CrashEverywhereAsync(
        async root =>
        {
            string id = await root.StartAsync(Repo);
            await root.Uploads.AppendAsync(Repo, id, Pushing.Body(Content), null, Cancel);
            Time.Advance(Settings.UploadLifetime);
        },
        root => CollectorOf(root).ScanAsync(false, null, Cancel).AsTask(),
        async (root, store) =>
        {
            Time.Advance(Settings.LeaseDuration);
            await CollectorOf(root).ScanAsync(false, null, Cancel);
            Assert.Empty(await KeysAsync(store, ContentKeys.UploadsPrefix));
            Assert.Empty((await ((IUnfinishedUploads)store).ListUnfinishedAsync("", null, 10, Cancel)).Uploads);
        });
}
