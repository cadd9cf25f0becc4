using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Errors;
using Registry.Model;

namespace Registry.Core.Tests.Content.Tags;

/// <summary>A tag whose manifest was deleted, and whose record is still there: the deletion stopped half-way, or the tag was put by a push that had long failed. It is there for nobody.</summary>
public sealed class DanglingTagTests : ContentTest
{
    private static readonly Tag Latest = Tag.Parse("latest");
    private static readonly TestManifest Two = TestManifest.ImageOf("two");

    // What is pulled is what the store has.
    public DanglingTagTests() => Options.CacheLifetime = TimeSpan.Zero;

    [Fact]
    public async Task It_leads_nowhere_and_a_push_of_the_same_manifest_does_not_bring_it_back()
    {
        TestManifest image = await LeaveDanglingAsync();
        Assert.Null(await Root.PullAsync(Repo, "latest"));

        await Root.PushAsync(Repo, image, "other");

        Assert.Null(await Root.PullAsync(Repo, "latest"));
        Assert.NotNull(await Root.PullAsync(Repo, "other"));
        Assert.NotNull(await Root.PullAsync(Repo, image.Digest.Value));
    }

    [Fact]
    public async Task A_process_that_remembers_the_manifest_of_before_looks_again()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest");
        using var other = new ContentRoot(Store, new ContentOptions { CacheLifetime = TimeSpan.FromMinutes(1) }, Time);
        Assert.NotNull(await other.PullAsync(Repo, "latest"));

        await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
        await Root.PushAsync(Repo, image, "latest");

        string generation = (await ManifestRecordAsync(Repo, image.Digest))!.Record.Generation;
        Assert.Equal(generation, (await other.PullAsync(Repo, "latest"))!.Generation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task To_a_condition_it_is_not_there(bool isPushedAgain)
    {
        TestManifest image = await LeaveDanglingAsync();
        await Root.PushImageAsync(Repo, "two");
        if (isPushedAgain)
        {
            await Root.PushAsync(Repo, image);
        }

        RegistryException refusal = await Assert.ThrowsAsync<RegistryException>(() => Root.PushAsync(Repo, Two, TagCondition.PointsAt([image.Digest]), "latest"));
        await Root.PushAsync(Repo, Two, TagCondition.PointsNotAt(null).And(TagCondition.Keeps(new Dictionary<string, string> { ["latest"] = "It is immutable." }, Two.Digest)), "latest");

        Assert.Equal(RegistryErrorCode.PreconditionFailed, Assert.Single(refusal.Errors).Code);
        Assert.Equal(Two.Digest, (await Root.PullAsync(Repo, "latest"))!.Digest);
        Assert.Equal(["latest"], await Root.TagsAsync(Repo));
        if (isPushedAgain)
        {
            Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));
        }

        await Root.Manifests.DeleteAsync(Repo, Two.Digest, Cancel);
        Assert.Empty(await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task Who_deletes_it_is_told_that_there_is_none_and_it_is_in_no_list_any_more()
    {
        await LeaveDanglingAsync();
        var guard = new TagGuard(static _ => new(new RegistryException(RegistryErrorCode.Denied, "It is protected.")));

        Assert.False(await Root.Tags.DeleteAsync(Repo, Latest, guard, default, Cancel));

        Assert.Empty(await Root.TagsAsync(Repo));
        Assert.Null(await Root.Tags.FindAsync(Repo, Latest, Cancel));
    }

    [Fact]
    public async Task A_push_that_was_overtaken_by_the_deletion_of_its_manifest_points_it_again_though_somebody_deleted_it_meanwhile()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        var store = new Simulation.HookedStore(Store);
        using var pusher = new ContentRoot(store, Options, Time);
        bool?[] deleted = new bool?[2];
        store.Before = async call =>
        {
            if (deleted[0] is null && call.Operation == Simulation.StoreOperation.Put && call.Key == ContentKeys.Tag(Repo, Latest))
            {
                deleted[0] = await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            }
            else if (deleted[1] is null && await Root.Tags.FindAsync(Repo, Latest, Cancel) is not null)
            {
                deleted[1] = await Root.Tags.DeleteAsync(Repo, Latest, Cancel);
            }
        };

        await pusher.PushAsync(Repo, image, "latest");

        Assert.Equal([true, false], deleted);
        Assert.NotNull(await Root.PullAsync(Repo, "latest"));
        Assert.Empty(await Simulation.ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task It_keeps_nobody_from_deleting_the_manifest_that_was_pushed_again_however_it_is_guarded()
    {
        TestManifest image = await LeaveDanglingAsync();
        await Root.PushAsync(Repo, image, "other");
        var guard = new TagGuard(static tag => new(tag == Latest ? new RegistryException(RegistryErrorCode.Denied, "It is protected.") : null));

        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, guard, default, Cancel));

        Assert.Empty(await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_read_may_be_anything_to_a_condition_and_keeps_no_tag_from_being_deleted()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest");
        await Root.PushImageAsync(Repo, "two");
        await Store.PutAsync(ContentKeys.Manifest(Repo, image.Digest), "no record"u8.ToArray(), Storage.PutCondition.None, Cancel);

        RegistryException refusal = await Assert.ThrowsAsync<RegistryException>(() => Root.PushAsync(Repo, Two, TagCondition.PointsNotAt(null), "latest"));

        Assert.Equal(RegistryErrorCode.PreconditionFailed, Assert.Single(refusal.Errors).Code);
        Assert.True(await Root.Tags.DeleteAsync(Repo, Latest, Cancel));
    }

    // The tag is read, moved, what it pointed at is deleted, and then looked for.
    [Fact]
    public async Task A_push_is_not_refused_for_a_tag_that_was_there_all_the_time()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest");
        await Root.PushImageAsync(Repo, "two");
        var store = new Simulation.HookedStore(Store);
        using var pusher = new ContentRoot(store, Options, Time);
        int looks = 0;
        store.Before = async call =>
        {
            if (call.Is(Simulation.StoreOperation.Get, ContentKeys.Tag(Repo, Latest)) && ++looks == 2)
            {
                looks = 100;
                store.After = async _ =>
                {
                    store.After = null;
                    await Root.PushAsync(Repo, Two, "latest");
                    await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
                };
            }
        };

        await pusher.PushAsync(Repo, Two, TagCondition.PointsAt(null), "latest");

        Assert.True(looks >= 100);
        Assert.Equal(Two.Digest, (await Root.PullAsync(Repo, "latest"))!.Digest);
    }

    // As a deletion leaves it that stopped after its decisive step.
    private async Task<TestManifest> LeaveDanglingAsync()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest");
        Versioned<ManifestRecord> found = (await ManifestRecordAsync(Repo, image.Digest))!;
        Assert.True((await Records.PutAsync(ContentKeys.Manifest(Repo, image.Digest), ManifestRecords.Tombstone(found.Record), found, Cancel)).Won);
        Assert.Equal(["latest"], await Root.TagsAsync(Repo));
        return image;
    }
}
