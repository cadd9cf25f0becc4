using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Collection;
using Registry.Model;

namespace Registry.Core.Tests.Maintenance.Collection;

/// <summary>One object that is broken, or cannot be read, keeps no other from being collected.</summary>
public sealed class BrokenObjectTests : CollectionTest
{
    private static readonly Tag Broken = Tag.Parse("broken");

    [Fact]
    public async Task An_upload_whose_token_is_of_another_store_is_dropped()
    {
        string id = await Root.StartAsync(Repo);
        string key = ContentKeys.Upload(id);
        Versioned<UploadRecord> found = (await Records.ReadAsync<UploadRecord>(key, Cancel))!;
        await Records.PutAsync(key, found.Record with { Token = "of another store" }, found, Cancel);
        Time.Advance(Settings.UploadLifetime);

        await AssertBlobsAreReachedAsync(Collector, failures: 0);

        Assert.Empty(await KeysAsync(ContentKeys.UploadsPrefix));
    }

    [Fact]
    public async Task An_upload_that_is_becoming_nobody_can_tell_what_keeps_its_bytes()
    {
        string id = await Root.StartAsync(Repo);
        string key = ContentKeys.Upload(id);
        Versioned<UploadRecord> found = (await Records.ReadAsync<UploadRecord>(key, Cancel))!;
        await Records.PutAsync(key, found.Record with { State = UploadState.Committing, Digest = "sha256:0" }, found, Cancel);
        Time.Advance(Settings.UploadLifetime);

        await AssertBlobsAreReachedAsync(Collector, failures: 1);

        Assert.Equal([key], await KeysAsync(ContentKeys.UploadsPrefix));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"nonce":"n","generation":"g","digest":"sha256:0","updated":"2026-01-01T00:00:00+00:00"}""")]
    public async Task A_tag_that_points_nobody_can_tell_where_keeps_the_manifests_of_its_repository_and_nothing_else(string record)
    {
        Policy.Untagged = TimeSpan.Zero;
        TestManifest untagged = await Root.PushImageAsync(Repo, "untagged");
        TestManifest elsewhere = await Root.PushImageAsync(OtherRepo, "elsewhere");
        await Store.PutAsync(ContentKeys.Tag(Repo, Broken), Bytes(record), default, Cancel);
        Time.Advance(Options.GracePeriod);
        await ScanAsync();
        Time.Advance(Options.GracePeriod);

        await AssertBlobsAreReachedAsync(Collector, failures: 2);

        Assert.NotNull(await Root.PullAsync(Repo, untagged));
        Assert.Null(await Root.PullAsync(OtherRepo, elsewhere));
    }

    [Fact]
    public async Task An_object_that_the_store_cannot_read_is_passed_over()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        string unreadable = ContentKeys.Manifest(Repo, image.Digest);
        var failing = new HookedStore(Store.Share()) { Before = call => call.Is(StoreOperation.Get, unreadable) ? throw new IOException("bad sector") : default };
        Time.Advance(Options.GracePeriod);

        CollectionCounts counts = await AssertBlobsAreReachedAsync(CollectorOf(Node(failing)), failures: null);

        Assert.True(counts.Failures > 0);
        Assert.NotNull(await Root.PullAsync(Repo, "latest"));
    }

    [Fact]
    public async Task A_store_that_is_away_ends_the_scan()
    {
        await Root.PushImageAsync(Repo, "image", "latest");
        bool gone = false;
        var away = new HookedStore(Store.Share()) { Before = call => (gone |= call.Is(StoreOperation.Get, ContentKeys.RepositoriesPrefix)) ? throw new IOException("no route") : default };

        await Assert.ThrowsAsync<IOException>(() => ScanAsync(CollectorOf(Node(away))));
    }

    [Fact]
    public async Task A_part_that_fails_holds_up_no_other_and_what_was_done_is_told_of()
    {
        Digest loose = await Root.PushBlobAsync(Repo, Bytes("loose"));
        Time.Advance(Options.GracePeriod);
        var failing = new HookedStore(Store.Share()) { Before = call => call.Is(StoreOperation.List, ContentKeys.UploadsPrefix) ? throw new IOException("no such folder") : default };
        CollectionReport? told = null;

        await Assert.ThrowsAsync<IOException>(() => CollectorOf(Node(failing)).ScanAsync(dryRun: false, notSince: null, onItem: null, report => told = report, Cancel).AsTask());

        Assert.Equal((false, 1), (told!.Complete, told.Counts.BlobsCondemned));
        Assert.Equal(BlobState.Condemned, (await BlobRecordAsync(loose))!.Record.State);
    }

    // Blobs come after everything else.
    private async Task<CollectionCounts> AssertBlobsAreReachedAsync(Collector collector, int? failures)
    {
        Digest loose = await Root.PushBlobAsync(Repo, Bytes("loose"));
        Time.Advance(Options.GracePeriod);

        CollectionCounts counts = await ScanAsync(collector);

        Assert.Equal(failures ?? counts.Failures, counts.Failures);
        Assert.Equal(BlobState.Condemned, (await BlobRecordAsync(loose))!.Record.State);
        return counts;
    }
}
