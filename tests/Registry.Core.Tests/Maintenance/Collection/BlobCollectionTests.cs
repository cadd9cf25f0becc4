using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Errors;
using Registry.Maintenance.Collection;
using Registry.Model;

namespace Registry.Core.Tests.Maintenance.Collection;

public sealed class BlobCollectionTests : CollectionTest
{
    [Fact]
    public async Task A_blob_that_nothing_names_is_condemned_after_its_lease_and_goes_a_grace_period_later()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes("loose"));

        Assert.Equal(0, (await ScanAsync()).BlobsCondemned);

        Time.Advance(Options.GracePeriod);
        Assert.Equal(1, (await ScanAsync()).BlobsCondemned);
        Assert.Equal(BlobState.Condemned, (await BlobRecordAsync(digest))!.Record.State);

        Time.Advance(Options.GracePeriod - TimeSpan.FromSeconds(1));
        Assert.Equal(0, (await ScanAsync()).BlobsRemoved);

        Time.Advance(TimeSpan.FromSeconds(1));
        CollectionCounts counts = await ScanAsync();
        Assert.Equal((1, 5), (counts.BlobsRemoved, counts.BytesFreed));
        Assert.Empty(await KeysAsync(ContentKeys.DataPrefix));

        await CollectAllAsync();
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task What_an_image_names_stays_for_as_long_as_the_image_does_and_goes_with_it()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest");
        TestManifest other = await Root.PushImageAsync(OtherRepo, "two", "latest");

        await CollectAllAsync();
        Assert.Equal(5, (await KeysAsync(ContentKeys.BlobsPrefix)).Count);
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));

        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));
        await CollectAllAsync();
        Assert.Equal(3, (await KeysAsync(ContentKeys.BlobsPrefix)).Count);
        Assert.NotNull(await Root.ReadBlobAsync(OtherRepo, Sha256(Bytes("shared layer"))));

        Assert.True(await Root.Manifests.DeleteAsync(OtherRepo, other.Digest, Cancel));
        await CollectAllAsync();
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_condemned_blob_can_be_pulled_and_a_push_that_names_it_keeps_it()
    {
        foreach (byte[] blob in TestManifest.BlobsOf("image"))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        // Leases would be gone by now, so the repository is told again that it has them.
        Time.Advance(Options.GracePeriod);
        await ScanAsync();
        Digest layer = Sha256(Bytes("layer of image"));
        Assert.Equal(BlobState.Condemned, (await BlobRecordAsync(layer))!.Record.State);

        foreach (byte[] blob in TestManifest.BlobsOf("image"))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        Assert.Equal(BlobState.Live, (await BlobRecordAsync(layer))!.Record.State);
        await Root.PushAsync(Repo, TestManifest.ImageOf("image"), "latest");
        await CollectAllAsync();
        Assert.NotNull(await Root.ReadBlobAsync(Repo, layer));
    }

    [Fact]
    public async Task A_push_between_any_two_steps_of_the_collector_loses_nothing()
    {
        bool reached = true;
        for (int step = 1; reached; step++)
        {
            var store = new Storage.InMemory.InMemoryObjectStore(Time);
            using var root = new ContentRoot(store, Options, Time);
            foreach (byte[] blob in TestManifest.BlobsOf("image"))
            {
                await root.PushBlobAsync(Repo, blob);
            }

            Time.Advance(Options.GracePeriod);
            await CollectorOf(root).ScanAsync(false, null, Cancel);
            Time.Advance(Options.GracePeriod);

            // All blobs are about to go.
            var hooked = new HookedStore(store.Share());
            using var collecting = new ContentRoot(hooked, Options, Time);
            Exception? refused = null;
            Func<bool> did = hooked.BeforeStep(step, async () =>
            {
                foreach (byte[] blob in TestManifest.BlobsOf("image"))
                {
                    await root.PushBlobAsync(Repo, blob);
                }

                refused = await Record.ExceptionAsync(() => root.PushAsync(Repo, TestManifest.ImageOf("image"), "latest"));
            });
            await CollectorOf(collecting).ScanAsync(false, null, Cancel);
            reached = did();
            if (reached)
            {
                Assert.Null(refused);
                Assert.Empty(await ContentInvariants.AlwaysAsync(store, Cancel));
                Assert.NotNull(await root.PullAsync(Repo, "latest"));
            }
        }
    }

    [Fact]
    public async Task A_collector_between_any_two_steps_of_a_push_loses_nothing()
    {
        bool reached = true;
        for (int step = 1; reached; step++)
        {
            var store = new Storage.InMemory.InMemoryObjectStore(Time);
            using var root = new ContentRoot(store, Options, Time);
            foreach (byte[] blob in TestManifest.BlobsOf("image"))
            {
                await root.PushBlobAsync(Repo, blob);
            }

            var hooked = new HookedStore(store.Share());
            using var pushing = new ContentRoot(hooked, Options, Time);
            Func<bool> did = hooked.BeforeStep(step, async () =>
            {
                // As long as a day at each: the push is very slow.
                for (int i = 0; i < 3; i++)
                {
                    Time.Advance(Options.GracePeriod);
                    await CollectorOf(root).ScanAsync(false, null, Cancel);
                }
            });
            Exception? refused = await Record.ExceptionAsync(() => pushing.PushAsync(Repo, TestManifest.ImageOf("image"), "latest"));
            reached = did();
            Assert.True(refused is null or RegistryException, $"{refused}");
            Assert.Equal(refused is null, await root.PullAsync(Repo, "latest") is not null);
            Assert.Empty(await ContentInvariants.AlwaysAsync(store, Cancel));
        }
    }

    [Fact]
    public async Task A_collector_may_stop_after_any_step() => await CrashEverywhereAsync(
        async root =>
        {
            TestManifest image = await root.PushImageAsync(Repo, "one", "latest");
            await root.PushImageAsync(Repo, "two", "two");
            await root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            Time.Advance(Options.GracePeriod);
            await CollectorOf(root).ScanAsync(false, null, Cancel);
            Time.Advance(Options.GracePeriod);
        },
        root => CollectorOf(root).ScanAsync(false, null, Cancel).AsTask(),
        async (root, store) =>
        {
            Time.Advance(Options.GracePeriod);
            await CollectorOf(root).ScanAsync(false, null, Cancel);
            Assert.NotNull(await root.PullAsync(Repo, "two"));
            Assert.Equal(3, (await KeysAsync(store, ContentKeys.DataPrefix)).Count);
        });

    [Fact]
    public async Task Refs_of_generations_that_ended_count_for_nothing()
    {
        await Root.PushImageAsync(Repo, "one", "latest");
        Digest layer = Sha256(Bytes("layer of one"));
        await Store.PutMarkerAsync(ContentKeys.ManifestRef(layer, Repo, Sha256(Bytes("crashed")), Ids.Next()), Cancel);
        Assert.True(await Root.Manifests.DeleteAsync(Repo, TestManifest.ImageOf("one").Digest, Cancel));

        await CollectAllAsync();

        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_dry_run_says_what_would_go_and_changes_nothing()
    {
        await Root.PushImageAsync(Repo, "kept", "latest");
        await Root.PushBlobAsync(Repo, Bytes("loose"));
        Time.Advance(Options.GracePeriod);
        List<string> before = await KeysAsync("");

        CollectionReport report = await Collector.ScanAsync(dryRun: true, notSince: null, Cancel);

        Assert.True(report is { DryRun: true, Complete: true });
        Assert.Equal((1, 5), (report.Counts.BlobsCondemned, report.Counts.BytesFreed));
        Assert.Equal(before, await KeysAsync(""));
        Assert.Equal(BlobState.Live, (await BlobRecordAsync(Sha256(Bytes("loose"))))!.Record.State);
    }

    [Fact]
    public async Task What_a_node_lets_go_of_is_collected_without_a_scan()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest");
        Time.Advance(Options.GracePeriod);
        await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);

        Assert.Equal(3, (await Collector.WorkOffAsync(Cancel)).BlobsCondemned);
        Assert.Equal(0, (await Collector.WorkOffAsync(Cancel)).BlobsRemoved);
        Time.Advance(Options.GracePeriod);

        Assert.Equal(3, (await Collector.WorkOffAsync(Cancel)).BlobsRemoved);
        Assert.Equal(0, Collector.Due.Count);
    }

    [Fact]
    public async Task How_long_something_was_let_go_of_goes_by_the_clock_of_the_store()
    {
        var clock = new FakeTime();
        clock.Advance(10 * Options.GracePeriod);
        using var ahead = new ContentRoot(Store, Options, clock);
        Collector collector = CollectorOf(ahead);
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest");
        Time.Advance(Options.GracePeriod);
        await ahead.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
        Assert.Equal(3, (await collector.WorkOffAsync(Cancel)).BlobsCondemned);

        // By its own clock it is time, by the store's it is not.
        clock.Advance(Options.GracePeriod);
        Assert.Equal(0, (await collector.WorkOffAsync(Cancel)).BlobsRemoved);

        Time.Advance(Options.GracePeriod);
        clock.Advance(Options.GracePeriod);
        Assert.Equal(3, (await collector.WorkOffAsync(Cancel)).BlobsRemoved);
    }

    [Fact]
    public async Task Two_collectors_share_the_parts_of_a_scan_and_one_goes_on_where_the_other_stopped()
    {
        Settings.Parts = 16;
        for (int i = 0; i < 64; i++)
        {
            await Root.PushBlobAsync(Repo, Bytes(8, seed: i));
        }

        Time.Advance(Options.GracePeriod);
        int calls = 0;
        var hooked = new HookedStore(Store.Share())
        {
            // From then on it does nothing any more, as a host that was killed.
            Before = call => calls >= 5 || (call.Is(StoreOperation.List, ContentKeys.BlobsPrefix) && ++calls == 5) ? throw new IOException("stopped") : default,
        };
        Collector stopping = CollectorOf(Node(hooked));
        await Assert.ThrowsAsync<IOException>(() => ScanAsync(stopping));

        CollectionReport beside = await Collector.ScanAsync(false, Time.GetUtcNow() - TimeSpan.FromHours(1), Cancel);
        Assert.False(beside.Complete);
        Assert.True(beside.PartsOfOthers > 3);

        Time.Advance(Settings.LeaseDuration + TimeSpan.FromSeconds(1));
        CollectionReport after = await Collector.ScanAsync(false, Time.GetUtcNow() - TimeSpan.FromHours(1), Cancel);
        Assert.True(after.Complete);
        foreach (string key in await KeysAsync(ContentKeys.BlobsPrefix))
        {
            Assert.Equal(BlobState.Condemned, (await Records.ReadAsync<BlobRecord>(key, Cancel))!.Record.State);
        }
    }

    [Fact]
    public async Task Tombstones_stay_where_the_store_cannot_remove_them_on_a_condition()
    {
        var bare = new BareStore(Store.Share());
        using var root = new ContentRoot(bare, Options, Time);
        await root.PushBlobAsync(Repo, Bytes("loose"));
        for (int i = 0; i < 5; i++)
        {
            Time.Advance(Options.GracePeriod);
            await CollectorOf(root).ScanAsync(false, null, Cancel);
        }

        Assert.Equal(BlobState.Gone, (await BlobRecordAsync(Sha256(Bytes("loose"))))!.Record.State);
        Assert.Empty(await KeysAsync(ContentKeys.DataPrefix));
        await root.PushBlobAsync(Repo, Bytes("loose"));
        Assert.NotNull(await root.ReadBlobAsync(Repo, Sha256(Bytes("loose"))));
    }
}
