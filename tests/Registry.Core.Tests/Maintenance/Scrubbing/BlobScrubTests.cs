using System.Text;
using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Scrubbing;
using Registry.Model;
using Registry.Storage;
using Registry.Storage.FileSystem;

namespace Registry.Core.Tests.Maintenance.Scrubbing;

public sealed class BlobScrubTests : ScrubTest
{
    [Fact]
    public async Task What_is_whole_is_read_and_nothing_is_found()
    {
        await Root.PushImageAsync(Repo, "app", "latest", "1.0");
        await Root.PushImageAsync(OtherRepo, "app");
        SortedDictionary<string, string> before = await EverythingAsync();

        ScrubReport report = await ScrubAsync();

        Assert.Empty(report.Findings);
        Assert.Equal((3, 2, 2), (report.Blobs, report.Manifests, report.Tags));
        Assert.Equal(TestManifest.BlobsOf("app").Sum(static blob => blob.Length), report.BytesRead);
        Assert.Equal(0, report.DataObjects); // They are too young to be looked at as orphans.
        Assert.NotNull(report.Ended);
        SortedDictionary<string, string> after = await EverythingAsync();
        Assert.Equal(before.Keys.Append(ScrubKeys.Progress).Order(StringComparer.Ordinal), after.Keys);
    }

    [Fact]
    public async Task A_folder_is_scrubbed_and_a_flipped_bit_in_a_file_is_found()
    {
        using var folder = new StoreFolder();
        await using FileSystemObjectStore store = folder.Open(time: Time);
        ContentRoot root = Node(store);
        TestManifest image = await root.PushImageAsync(Repo, "app", "latest");
        Assert.Empty((await ScrubAsync(root: root)).Findings);
        string data = (await root.Records.ReadAsync<BlobRecord>(ContentKeys.Blob(LayerOf("app")), Cancel))!.Record.Data;
        string file = folder.PathOf(["objects", .. data.Split('/')]);
        byte[] bytes = await File.ReadAllBytesAsync(file, Cancel);
        bytes[0] ^= 0x40;
        await File.WriteAllBytesAsync(file, bytes, Cancel);

        ScrubReport report = await ScrubAsync(root: root);

        ScrubFinding found = Single(report, ScrubFindingKind.BlobCorrupt);
        Assert.Equal((ScrubAction.Quarantined, data), (found.Action, found.Key));
        Assert.Equal([$"{Repo}@{image.Digest}"], found.Manifests);
        Assert.Null(await Node(store).ReadBlobAsync(Repo, LayerOf("app")));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file, Cancel));
    }

    [Fact]
    public async Task A_blob_with_other_bytes_is_not_served_any_more_and_its_bytes_are_kept()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        Assert.NotNull(await Root.ReadBlobAsync(Repo, LayerOf("app"))); // Which this process remembers.
        string data = await CorruptAsync(LayerOf("app"));
        ReadOnlyMemory<byte> corrupt = (await Store.GetAsync(data, Cancel))!.Content;

        ScrubReport report = await ScrubAsync();

        ScrubFinding found = Single(report, ScrubFindingKind.BlobCorrupt);
        Assert.Equal(ScrubAction.Quarantined, found.Action);
        Assert.Equal(LayerOf("app").Value, found.Digest);
        Assert.Equal([$"{Repo}@{image.Digest}"], found.Manifests);
        Assert.Null(await Root.ReadBlobAsync(Repo, LayerOf("app")));
        Assert.Equal(ScrubFindingKind.ManifestNotWhole, Assert.Single(report.Findings, static finding => finding.Kind != ScrubFindingKind.BlobCorrupt).Kind);
        Assert.Equal(corrupt.ToArray(), (await Store.GetAsync(data, Cancel))!.Content.ToArray());

        // Neither later scrubs nor a new push of the blob take the bytes away.
        Time.Advance(Day);
        await ScrubAsync();
        Time.Advance(Day);
        await ScrubAsync();
        await Root.PushBlobAsync(Repo, TestManifest.BlobsOf("app")[2]);
        Assert.Equal(corrupt.ToArray(), (await Store.GetAsync(data, Cancel))!.Content.ToArray());
        Assert.Equal(TestManifest.BlobsOf("app")[2], await Node().ReadBlobAsync(Repo, LayerOf("app")));
        Assert.Empty((await ScrubAsync()).Findings);

        QuarantineRecord kept = Assert.Single(await new Quarantine(Root).ListAsync(Cancel).ToListAsync(Cancel));
        Assert.Equal((data, LayerOf("app").Value, ScrubFindingKind.BlobCorrupt), (kept.Data, kept.Digest, kept.Reason));
        Assert.True(await new Quarantine(Root).RemoveAsync(data, Cancel));
        Assert.DoesNotContain(data, await KeysAsync(""));
        Assert.Equal(TestManifest.BlobsOf("app")[2], await Node().ReadBlobAsync(Repo, LayerOf("app")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task A_blob_of_another_length_is_corrupt(int length)
    {
        await Root.PushImageAsync(Repo, "app");
        await Store.PutAsync(await DataKeyAsync(LayerOf("app")), new byte[length], PutCondition.None, Cancel);

        // The length tells, without a byte being read.
        ScrubReport report = await ScrubAsync(configure: static options => options.ReadData = false);

        Assert.Equal(ScrubAction.Quarantined, Single(report, ScrubFindingKind.BlobCorrupt).Action);
        Assert.Equal(0, report.BytesRead);
        Assert.Null(await Root.ReadBlobAsync(Repo, LayerOf("app")));
    }

    [Fact]
    public async Task A_blob_without_bytes_is_gone_and_there_is_nothing_to_keep()
    {
        await Root.PushImageAsync(Repo, "app");
        await Store.DeleteAsync(await DataKeyAsync(LayerOf("app")), Cancel);

        ScrubReport report = await ScrubAsync();

        Assert.Equal(ScrubAction.Quarantined, Single(report, ScrubFindingKind.BlobMissing).Action);
        Assert.Empty(await KeysAsync("quarantine/"));
        Assert.Equal(BlobState.Gone, (await BlobRecordAsync(LayerOf("app")))!.Record.State);
        await Root.PushBlobAsync(Repo, TestManifest.BlobsOf("app")[2]);
        Assert.Equal(TestManifest.BlobsOf("app")[2], await Node().ReadBlobAsync(Repo, LayerOf("app")));
    }

    [Fact]
    public async Task A_fault_on_the_way_is_no_corruption()
    {
        await Root.PushImageAsync(Repo, "app");
        string data = await DataKeyAsync(LayerOf("app"));
        var hooked = new HookedStore(Store);
        hooked.OnceBefore(call => call.Is(StoreOperation.OpenRead, data), static () => throw new IOException("A cable was pulled."));

        ScrubReport report = await ScrubAsync(root: Node(hooked));

        Assert.Equal(ScrubAction.Reported, Single(report, ScrubFindingKind.ReadFault).Action);
        Assert.Single(report.Findings);
        Assert.NotNull(await Root.ReadBlobAsync(Repo, LayerOf("app")));
    }

    [Fact]
    public async Task Bytes_that_cannot_be_read_stay_in_service_unless_there_is_a_good_copy()
    {
        await Root.PushImageAsync(Repo, "app");
        string data = await DataKeyAsync(LayerOf("app"));
        var hooked = new HookedStore(Store) { Before = call => call.Is(StoreOperation.OpenRead, data) ? throw new IOException("A bad sector.") : default };

        ScrubReport report = await ScrubAsync(root: Node(hooked));
        Assert.Equal(ScrubAction.Reported, Single(report, ScrubFindingKind.BlobUnreadable).Action);
        Assert.Equal(data, await DataKeyAsync(LayerOf("app")));

        report = await ScrubAsync(await SourceOfAsync("app"), root: Node(hooked));
        Assert.Equal(ScrubAction.Mended, Single(report, ScrubFindingKind.BlobUnreadable).Action);
        Assert.Equal(TestManifest.BlobsOf("app")[2], await Node(hooked).ReadBlobAsync(Repo, LayerOf("app")));
    }

    [Fact]
    public async Task A_store_that_is_away_stops_the_scrub_and_condemns_nothing()
    {
        await Root.PushImageAsync(Repo, "app");
        var hooked = new HookedStore(Store) { Before = static call => call.Operation is StoreOperation.OpenRead || call.Key == ContentKeys.Format ? throw new StoreUnavailableException() : default };

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ScrubAsync(root: Node(hooked)));

        Assert.Equal(BlobState.Live, (await BlobRecordAsync(LayerOf("app")))!.Record.State);
        Assert.Empty((await ScrubAsync()).Findings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_good_copy_takes_the_place_of_what_is_broken(bool missing)
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        string data = missing ? await DataKeyAsync(LayerOf("app")) : await CorruptAsync(LayerOf("app"));
        if (missing)
        {
            await Store.DeleteAsync(data, Cancel);
        }

        ScrubReport report = await ScrubAsync(await SourceOfAsync("app"));

        ScrubFinding found = Assert.Single(report.Findings);
        Assert.Equal(ScrubAction.Mended, found.Action);
        Assert.Empty(found.Manifests);
        Assert.Equal(TestManifest.BlobsOf("app")[2], await Root.ReadBlobAsync(Repo, LayerOf("app")));
        Assert.DoesNotContain(data, await KeysAsync(""));
        Assert.Empty(await KeysAsync("quarantine/"));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_blob_that_is_larger_than_clients_may_push_by_now_is_stored_anew_all_the_same()
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        StoreScrubSource source = await SourceOfAsync("app");
        await CorruptAsync(LayerOf("app"));
        Options.MaxBlobBytes = 4;

        Assert.Equal(ScrubAction.Mended, Assert.Single((await ScrubAsync(source)).Findings).Action);

        Assert.Equal(TestManifest.BlobsOf("app")[2], await Root.ReadBlobAsync(Repo, LayerOf("app")));
    }

    [Fact]
    public async Task A_copy_that_is_broken_too_is_not_taken()
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        await CorruptAsync(LayerOf("app"));
        StoreScrubSource source = await SourceOfAsync("app", change: async other =>
        {
            string data = (await other.Records.ReadAsync<BlobRecord>(ContentKeys.Blob(LayerOf("app")), Cancel))!.Record.Data;
            await other.Store.PutAsync(data, "other bytes, of no use"u8.ToArray(), PutCondition.None, Cancel);
        });

        ScrubReport report = await ScrubAsync(source);

        Assert.Equal(ScrubAction.Quarantined, Single(report, ScrubFindingKind.BlobCorrupt).Action);
        Assert.Equal(ScrubAction.Reported, Single(report, ScrubFindingKind.ManifestNotWhole).Action);
        Assert.Null(await Node().ReadBlobAsync(Repo, LayerOf("app")));
        Assert.Empty(await KeysAsync(ContentKeys.UploadsPrefix));
    }

    [Fact]
    public async Task A_blob_whose_record_is_none_can_be_pushed_again_and_its_bytes_are_not_taken_for_orphans()
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        string data = await DataKeyAsync(LayerOf("app"));
        string key = ContentKeys.Blob(LayerOf("app"));
        await Store.PutAsync(key, Encoding.UTF8.GetBytes("""{"state":"li"""), PutCondition.None, Cancel);

        ScrubReport report = await ScrubAsync();

        Assert.Equal(ScrubAction.Quarantined, Single(report, ScrubFindingKind.RecordCorrupt).Action);
        string copy = Assert.Single(await KeysAsync("quarantine/records/"));
        Assert.StartsWith($"quarantine/records/{key}!", copy, StringComparison.Ordinal);
        await Root.PushBlobAsync(Repo, TestManifest.BlobsOf("app")[2]);
        Time.Advance(Day);
        await ScrubAsync();
        await ScrubAsync();
        Assert.Contains(data, await KeysAsync(ContentKeys.DataPrefix));

        // Once the operator has looked at it, the bytes go like any that nothing names.
        await Store.DeleteAsync(copy, Cancel);
        await ScrubAsync();
        await ScrubAsync();
        Assert.DoesNotContain(data, await KeysAsync(ContentKeys.DataPrefix));
        Assert.Equal(TestManifest.BlobsOf("app")[2], await Node().ReadBlobAsync(Repo, LayerOf("app")));
    }

    [Fact]
    public async Task A_dry_run_reports_the_same_and_changes_nothing()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        await CorruptAsync(LayerOf("app"));
        await Store.DeleteAsync(ContentKeys.Catalog(Repo), Cancel);
        await Store.DeleteAsync(ContentKeys.ManifestRef(LayerOf("app"), Repo, image.Digest, (await ManifestRecordAsync(Repo, image.Digest))!.Record.Generation), Cancel);
        SortedDictionary<string, string> before = await EverythingAsync();

        ScrubReport report = await ScrubAsync(configure: static options => options.DryRun = true, root: Node());

        Assert.True(report.DryRun);
        Assert.All(report.Findings, static finding => Assert.Equal(ScrubAction.Reported, finding.Action));
        Assert.Equal([ScrubFindingKind.BlobCorrupt, ScrubFindingKind.RefMissing, ScrubFindingKind.CatalogMissing], report.Findings.Select(static finding => finding.Kind));
        Assert.Equal(before, await EverythingAsync());
    }

    /// <summary>The scrub stops at each of its operations in turn. Whoever goes on with it: nothing corrupt is served, nothing good is lost, and a push puts things right.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Quarantine_and_mending_may_stop_after_any_step(bool hasSource, bool afterEffect)
    {
        int dieAt = 0;
        DyingStore dying;
        do
        {
            dieAt++;
            using var world = new ScrubWorld();
            Digest layer = await world.BreakAsync();
            StoreScrubSource? source = hasSource ? await world.SourceAsync() : null;
            dying = new DyingStore(world.InMemory, dieAt, afterEffect);
            ContentRoot stopping = world.NewNode(dying);
            await Record.ExceptionAsync(() => ScrubWorld.RunAsync(source, stopping));
            await world.CheckNeverServedWrongAsync(layer);

            world.Clock.Advance(TimeSpan.FromMinutes(16));
            ScrubReport report = await ScrubWorld.RunAsync(source, world.NewNode());
            Assert.NotNull(report.Ended);
            await world.CheckNeverServedWrongAsync(layer);
            Assert.Equal(hasSource, await world.NewNode().ReadBlobAsync(Repo, layer) is not null);

            await world.NewNode().PushImageAsync(Repo, "app", "latest");
            Assert.Equal(TestManifest.BlobsOf("app")[2], await world.NewNode().ReadBlobAsync(Repo, layer));
            Assert.Empty(await ContentInvariants.AlwaysAsync(world.InMemory, Cancel));
        }
        while (dying.Died);

        Assert.InRange(dieAt, 10, 300);
    }

    /// <summary>Between any two steps of the scrub, a collector takes the broken blob away and a client pushes it anew: what it pushed stays.</summary>
    [Fact]
    public async Task A_blob_that_is_stored_anew_while_its_old_bytes_are_read_stays()
    {
        for (int step = 1; ; step++)
        {
            using var world = new ScrubWorld();
            Digest layer = await world.BreakAsync();
            var hooked = new HookedStore(world.InMemory);
            ContentRoot other = world.NewNode();
            Func<bool> reached = hooked.BeforeStep(step, async () =>
            {
                Versioned<BlobRecord> found = (await other.Records.ReadAsync<BlobRecord>(ContentKeys.Blob(layer), Cancel))!;
                if (found.Record.State != BlobState.Gone)
                {
                    Assert.True((await other.Records.PutAsync(ContentKeys.Blob(layer), found.Record with { State = BlobState.Gone }, found, Cancel)).Won);
                    await world.InMemory.DeleteAsync(found.Record.Data, Cancel);
                }

                await other.PushBlobAsync(Repo, TestManifest.BlobsOf("app")[2]);
            });

            await ScrubWorld.RunAsync(null, world.NewNode(hooked));
            if (!reached())
            {
                Assert.InRange(step, 10, 300);
                return;
            }

            Assert.Equal(TestManifest.BlobsOf("app")[2], await world.NewNode().ReadBlobAsync(Repo, layer));
            Assert.Empty(await ContentInvariants.AlwaysAsync(world.InMemory, Cancel));
        }
    }
}
