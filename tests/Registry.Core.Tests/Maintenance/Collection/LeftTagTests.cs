using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Model;

namespace Registry.Core.Tests.Maintenance.Collection;

/// <summary>What a deletion left of a tag goes soon after somebody asked for the tag, without a scan.</summary>
public sealed class LeftTagTests : CollectionTest
{
    private static readonly Tag Latest = Tag.Parse("latest");

    [Fact]
    public async Task The_name_of_a_tag_whose_deletion_stopped_goes_after_a_pull()
    {
        await Root.PushImageAsync(Repo, "image", "latest");
        var hooked = new HookedStore(Store.Share());
        hooked.OnceBefore(call => call.Operation == StoreOperation.Delete, () => throw new IOException("stopped"));
        await Assert.ThrowsAsync<IOException>(() => Node(hooked).Tags.DeleteAsync(Repo, Latest, TagGuard.None, default, Cancel).AsTask());
        Assert.Equal(["latest"], (await Root.Tags.ListAsync(Repo, null, 10, Cancel)).Names);

        Assert.Null(await Root.PullAsync(Repo, "latest"));
        await Collector.WorkOffAsync(Cancel);

        Assert.Empty((await Root.Tags.ListAsync(Repo, null, 10, Cancel)).Names);
    }

    [Fact]
    public async Task A_tag_that_leads_nowhere_goes_a_grace_period_after_it_was_pushed_if_it_was_asked_for()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        Versioned<ManifestRecord> found = (await ManifestRecordAsync(Repo, image.Digest))!;
        await Records.PutAsync(ContentKeys.Manifest(Repo, image.Digest), ManifestRecords.Tombstone(found.Record), found, Cancel);
        Root.Manifests.Forget(Repo, image.Digest);

        Assert.Null(await Root.PullAsync(Repo, "latest"));
        await Collector.WorkOffAsync(Cancel);
        Assert.Equal(["latest"], (await Root.Tags.ListAsync(Repo, null, 10, Cancel)).Names);
        Time.Advance(Options.GracePeriod);
        await Collector.WorkOffAsync(Cancel);

        Assert.Empty((await Root.Tags.ListAsync(Repo, null, 10, Cancel)).Names);
    }
}
