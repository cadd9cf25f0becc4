using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Maintenance.Collection;
using Registry.Model;

namespace Registry.Core.Tests.Maintenance.Collection;

/// <summary>What a collection tells of what it does, and of how far it is.</summary>
public sealed class CollectionReportTests : CollectionTest
{
    private readonly List<CollectionItem> _items = [];

    [Fact]
    public async Task A_dry_run_names_everything_that_a_run_would_take_a_step_with_and_changes_nothing()
    {
        Policy.Untagged = TimeSpan.Zero;
        await Root.PushImageAsync(Repo, "kept", "latest");
        TestManifest untagged = await Root.PushImageAsync(Repo, "untagged");
        TestManifest lost = await Root.PushImageAsync(Repo, "lost", "dangling");
        Versioned<ManifestRecord> record = (await ManifestRecordAsync(Repo, lost.Digest))!;
        await Records.PutAsync(ContentKeys.Manifest(Repo, lost.Digest), ManifestRecords.Tombstone(record.Record), record, Cancel);
        await Root.PushAsync(Repo, lost, "again");
        Digest loose = await Root.PushBlobAsync(Repo, Bytes("loose"));
        string session = await Root.StartAsync(OtherRepo);
        await Root.Uploads.AppendAsync(OtherRepo, session, Pushing.Body(Bytes(100)), null, Cancel);
        Time.Advance(Settings.UploadLifetime + Options.GracePeriod);
        List<string> before = await KeysAsync("");

        CollectionReport dry = await Collector.ScanAsync(dryRun: true, notSince: null, Take, onEnd: null, Cancel);
        CollectionItem[] would = [.. _items];
        Assert.Equal(before, await KeysAsync(""));
        _items.Clear();
        CollectionReport done = await Collector.ScanAsync(dryRun: false, notSince: null, Take, onEnd: null, Cancel);

        Assert.Equal(Sorted(_items), Sorted(would));
        Assert.Contains(new CollectionItem { Kind = CollectionItemKind.Blob, Step = CollectionStep.Condemned, Name = loose.Value, Bytes = 5 }, would);
        Assert.Contains(new CollectionItem { Kind = CollectionItemKind.Manifest, Step = CollectionStep.Condemned, Repository = Repo.Value, Name = untagged.Digest.Value }, would);
        Assert.Contains(new CollectionItem { Kind = CollectionItemKind.Tag, Step = CollectionStep.Removed, Repository = Repo.Value, Name = "dangling" }, would);
        Assert.Contains(new CollectionItem { Kind = CollectionItemKind.Upload, Step = CollectionStep.Removed, Repository = OtherRepo.Value, Name = session, Bytes = 100 }, would);
        Assert.Equal((done.Counts.BlobsCondemned, done.Counts.ManifestsCondemned, 1, 1), (dry.Counts.BlobsCondemned, dry.Counts.ManifestsCondemned, dry.Counts.TagsRemoved, dry.Counts.UploadsDropped));
        Assert.True(dry.Counts.BytesFreed > done.Counts.BytesFreed, "A dry run says what goes with what is condemned.");
    }

    [Fact]
    public async Task What_is_condemned_is_told_of_again_when_it_is_restored_or_removed()
    {
        Digest loose = await Root.PushBlobAsync(Repo, Bytes("loose"));
        Digest wanted = await Root.PushBlobAsync(Repo, Bytes("wanted"));
        Time.Advance(Options.GracePeriod);
        await Collector.ScanAsync(dryRun: false, notSince: null, Cancel);
        await Root.Blobs.FindAsync(Repo, wanted, forPush: true, Cancel);
        await Root.PushBlobAsync(Repo, Bytes("wanted"));
        Time.Advance(Options.GracePeriod / 2);
        await Collector.ScanAsync(dryRun: false, notSince: null, Take, onEnd: null, Cancel);
        Time.Advance(Options.GracePeriod / 2);

        await Collector.ScanAsync(dryRun: false, notSince: null, Take, onEnd: null, Cancel);

        Assert.Equal((CollectionStep.Removed, 5L), Assert.Single(_items.Where(item => item.Name == loose.Value).Select(static item => (item.Step, item.Bytes))));
        Assert.DoesNotContain(_items, item => item.Name == wanted.Value && item.Step == CollectionStep.Removed);
    }

    [Fact]
    public async Task Progress_tells_how_far_each_part_is_whoever_is_at_it()
    {
        Settings.Parts = 2;
        Assert.Empty((await Collector.ReadProgressAsync(Cancel)).Parts);

        await Collector.ScanAsync(dryRun: false, notSince: null, Cancel);

        CollectionProgress all = await Collector.ReadProgressAsync(Cancel);
        Assert.Equal(["uploads", "repositories", "blobs-2-0", "blobs-2-1"], all.Parts.Select(static part => part.Name));
        Assert.All(all.Parts, part => Assert.Equal((1.0, Time.GetUtcNow()), (part.Done!.Value, part.Finished!.Value)));

        // Another host is half-way through the second half.
        string key = ScanPart.All(2)[^1].Key;
        Versioned<ScanRecord> found = (await Records.ReadAsync<ScanRecord>(key, Cancel))!;
        ScanRecord working = found.Record with { Owner = "another", Position = $"sha256/c0/c0{new string('0', 62)}", Counts = new CollectionCounts { Blobs = 7 } };
        await Records.PutAsync(key, working, found, Cancel);

        CollectionPartProgress half = (await Collector.ReadProgressAsync(Cancel)).Parts[^1];
        Assert.Equal((0.5, null, 7), (half.Done, half.Finished, half.Counts.Blobs));
        Assert.Equal(found.Record.Finished, half.LastFinished);
    }

    private static IEnumerable<string> Sorted(IEnumerable<CollectionItem> items) => items.Select(static item => item.ToString()).Order(StringComparer.Ordinal);

    private ValueTask Take(CollectionItem item, CancellationToken cancellationToken)
    {
        lock (_items)
        {
            _items.Add(item);
        }

        return ValueTask.CompletedTask;
    }
}
