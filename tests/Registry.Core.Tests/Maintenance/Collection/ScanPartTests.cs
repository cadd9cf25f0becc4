using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Collection;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Collection;

/// <summary>How hosts share the parts of a scan.</summary>
public sealed class ScanPartTests : CollectionTest
{
    [Fact]
    public async Task A_host_that_is_at_the_refs_of_one_blob_for_long_keeps_its_part()
    {
        Digest config = await Root.PushBlobAsync(Repo, Bytes("{}"));
        for (int i = 0; i < 5 * ObjectStoreLimits.MaxPageKeys; i++)
        {
            await Store.PutMarkerAsync(ContentKeys.ManifestRef(config, Repo, Sha256(Bytes($"manifest {i}")), Ids.Next()), Cancel);
        }

        int taken = 0;
        var slow = new HookedStore(Store.Share())
        {
            Before = async call =>
            {
                if (call.Is(StoreOperation.List, ContentKeys.RefsPrefix))
                {
                    Time.Advance(Settings.LeaseDuration / 2);
                    taken += (await CollectorOf(Node(Store.Share())).ScanAsync(dryRun: false, Time.GetUtcNow() - TimeSpan.FromDays(1), Cancel)).Complete ? 1 : 0;
                }
            },
        };

        CollectionReport report = await CollectorOf(Node(slow)).ScanAsync(dryRun: false, notSince: null, Cancel);

        Assert.Equal((true, 0), (report.Complete, taken));
    }

    [Fact]
    public async Task What_was_left_in_the_middle_comes_first_and_then_what_was_scanned_longest_ago()
    {
        IReadOnlyList<ScanPart> parts = ScanPart.All(2);
        DateTimeOffset now = Time.GetUtcNow();
        await PutAsync(parts[0], new ScanRecord { Finished = now });
        await PutAsync(parts[1], new ScanRecord { Finished = now, Owner = "stopped", Until = now });
        await PutAsync(parts[2], new ScanRecord { Finished = now - TimeSpan.FromDays(1) });

        Assert.Equal([parts[1], parts[3], parts[2], parts[0]], await ScanPart.OldestFirstAsync(Root, parts, Cancel));
    }

    [Fact]
    public async Task A_claim_of_a_host_whose_clock_is_ahead_ends_when_that_host_was_not_heard_of_for_long()
    {
        ScanPart part = ScanPart.All(1)[0];
        await PutAsync(part, new ScanRecord { Owner = "ahead", Until = Time.GetUtcNow() + TimeSpan.FromDays(365) });

        Assert.False((await Collector.ScanAsync(dryRun: false, notSince: null, Cancel)).Complete);
        Time.Advance(Settings.LeaseDuration);
        Assert.True((await Collector.ScanAsync(dryRun: false, notSince: null, Cancel)).Complete);
    }

    [Fact]
    public async Task A_part_that_was_finished_in_time_to_come_is_done_again()
    {
        DateTimeOffset now = Time.GetUtcNow();
        foreach (ScanPart part in ScanPart.All(1))
        {
            await PutAsync(part, new ScanRecord { Finished = now + TimeSpan.FromDays(365) });
        }

        Assert.True((await Collector.ScanAsync(dryRun: false, now - TimeSpan.FromDays(1), Cancel)).Complete);

        Assert.All((await Collector.ReadProgressAsync(Cancel)).Parts, part => Assert.Equal(now, part.Finished));
    }

    [Fact]
    public async Task A_part_whose_record_cannot_be_read_is_begun_anew()
    {
        foreach (ScanPart part in ScanPart.All(1))
        {
            await Store.PutAsync(part.Key, Bytes("{"), PutCondition.None, Cancel);
        }

        Assert.Empty((await Collector.ReadProgressAsync(Cancel)).Parts);
        Assert.True((await Collector.ScanAsync(dryRun: false, notSince: null, Cancel)).Complete);
        Assert.Equal(3, (await Collector.ReadProgressAsync(Cancel)).Parts.Count);
    }

    [Fact]
    public async Task A_repository_that_is_not_listed_is_listed_again_if_it_has_a_manifest()
    {
        await Root.PushImageAsync(Repo, "image", "latest");
        TestManifest gone = await Root.PushImageAsync(OtherRepo, "gone", "latest");
        await Root.Manifests.DeleteAsync(OtherRepo, gone.Digest, Cancel);
        await Store.DeleteAsync(ContentKeys.Catalog(Repo), Cancel);
        await Store.DeleteAsync(ContentKeys.Catalog(OtherRepo), Cancel);

        await ScanAsync();

        Assert.Equal([ContentKeys.Catalog(Repo)], await KeysAsync(ContentKeys.CatalogPrefixOf("")));
    }

    private ValueTask<PutOutcome<ScanRecord>> PutAsync(ScanPart part, ScanRecord record) => Records.PutAsync(part.Key, record, null, Cancel);
}
