using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Model;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Maintenance.Collection;

public sealed class ManifestCollectionTests : CollectionTest
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Fact]
    public async Task A_manifest_that_came_after_the_index_that_names_it_is_kept_once_that_was_pushed_again()
    {
        Options.AllowSparseIndexes = true;
        Policy.Untagged = TimeSpan.Zero;
        TestManifest child = TestManifest.ImageOf("child");
        TestManifest index = TestManifest.Index([child.Digest]);
        await Root.PushAsync(Repo, index, "v1");
        await Root.PushImageAsync(Repo, "child");

        await Root.PushAsync(Repo, index, "v1");
        await CollectAllAsync();

        Assert.NotNull(await Root.PullAsync(Repo, child));
    }

    [Fact]
    public async Task Untagged_manifests_stay_unless_the_feed_says_otherwise()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image");

        await CollectAllAsync();

        Assert.NotNull(await Root.PullAsync(Repo, image));
    }

    [Fact]
    public async Task A_digest_stays_pullable_for_a_set_time_after_its_tag_moved()
    {
        Policy.Untagged = Week;
        TestManifest first = await Root.PushImageAsync(Repo, "first", "latest");
        Time.Advance(TimeSpan.FromDays(30));
        await ScanAsync();
        await Root.PushImageAsync(Repo, "second", "latest");

        Assert.Equal(1, (await ScanAsync()).ManifestsCondemned);
        Time.Advance(Week - TimeSpan.FromMinutes(1));
        await ScanAsync();
        Assert.NotNull(await Root.PullAsync(Repo, first));

        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, (await ScanAsync()).ManifestsRemoved);
        Assert.Null(await Root.PullAsync(Repo, first));
        Assert.NotNull(await Root.PullAsync(Repo, "latest"));

        await CollectAllAsync();
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
        Assert.Equal(3, (await KeysAsync(ContentKeys.DataPrefix)).Count);
    }

    [Fact]
    public async Task Children_of_a_live_index_stay_and_go_after_it()
    {
        Policy.Untagged = Week;
        TestManifest child = await Root.PushImageAsync(Repo, "child");
        TestManifest index = TestManifest.Index([child.Digest]);
        await Root.PushAsync(Repo, index, "latest");

        await CollectAllAsync();
        Assert.NotNull(await Root.PullAsync(Repo, child));

        await Root.Tags.DeleteAsync(Repo, Tag.Parse("latest"), Cancel);
        await CollectAllAsync();
        await CollectAllAsync();
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Referrers_of_a_live_subject_stay_and_orphans_go_by_the_feeds_rule()
    {
        Policy.Untagged = Week;
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        TestManifest signature = TestManifest.Referrer(image.Digest, "signature");
        foreach (byte[] blob in TestManifest.BlobsOf("signature"))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        await Root.PushAsync(Repo, signature);
        await CollectAllAsync();
        Assert.NotNull(await Root.PullAsync(Repo, signature));

        await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
        await CollectAllAsync();
        Assert.NotNull(await Root.PullAsync(Repo, signature));

        Policy.Orphaned = Week;
        await CollectAllAsync();
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_mark_is_taken_away_when_the_rule_goes()
    {
        Policy.Untagged = Week;
        TestManifest image = await Root.PushImageAsync(Repo, "image");
        Time.Advance(Options.GracePeriod);
        await ScanAsync();
        Assert.NotNull((await ManifestRecordAsync(Repo, image.Digest))!.Record.CondemnedAt);

        Policy.Untagged = null;
        await ScanAsync();

        Assert.Null((await ManifestRecordAsync(Repo, image.Digest))!.Record.CondemnedAt);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_push_that_tags_or_names_a_condemned_manifest_between_any_two_steps_of_the_collector_is_whole(bool byIndex)
    {
        Policy.Untagged = TimeSpan.Zero;
        bool reached = true;
        int outcomes = 0;
        for (int step = 1; reached; step++)
        {
            var store = new InMemoryObjectStore(Time);
            using var root = new ContentRoot(store, Options, Time);
            TestManifest image = await root.PushImageAsync(Repo, "image");
            Time.Advance(Options.GracePeriod);
            await CollectorOf(root).ScanAsync(false, null, Cancel);
            Time.Advance(Options.GracePeriod);

            var hooked = new HookedStore(store.Share());
            using var collecting = new ContentRoot(hooked, Options, Time);
            Exception? refused = null;
            Func<bool> did = hooked.BeforeStep(step, async () => refused = await Record.ExceptionAsync(() =>
                byIndex ? root.PushAsync(Repo, TestManifest.Index([image.Digest]), "latest") : root.PushAsync(Repo, image, "latest")));
            await CollectorOf(collecting).ScanAsync(false, null, Cancel);
            reached = did();
            Assert.Empty(await ContentInvariants.AlwaysAsync(store, Cancel));
            Assert.Equal(reached && refused is null, await root.PullAsync(Repo, "latest") is not null);
            outcomes |= refused is null ? 1 : 2;
        }

        Assert.Equal(3, outcomes);
    }

    [Fact]
    public async Task A_push_whose_clock_says_that_the_manifest_is_young_keeps_it_all_the_same()
    {
        Policy.Untagged = TimeSpan.Zero;
        TestManifest image = await Root.PushImageAsync(Repo, "image");
        var slow = new FakeTime();
        using var late = new ContentRoot(Store.Share(), Options, slow);
        Time.Advance(Options.GracePeriod);
        await ScanAsync();

        await late.PushAsync(Repo, image, "latest");
        Time.Advance(Options.GracePeriod);
        await ScanAsync();

        Assert.NotNull(await Root.PullAsync(Repo, "latest"));
    }

    [Fact]
    public async Task A_push_that_broke_off_is_given_up()
    {
        foreach (byte[] blob in TestManifest.BlobsOf("image"))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        string record = ContentKeys.Manifest(Repo, TestManifest.ImageOf("image").Digest);
        int puts = 0;
        var hooked = new HookedStore(Store.Share()) { Before = call => call.Is(StoreOperation.Put, record) && ++puts == 2 ? throw new IOException("stopped") : default };
        using var pushing = new ContentRoot(hooked, Options, Time);
        await Assert.ThrowsAnyAsync<IOException>(() => pushing.PushAsync(Repo, TestManifest.ImageOf("image"), "latest"));
        Assert.Equal(ManifestState.Pending, (await ManifestRecordAsync(Repo, TestManifest.ImageOf("image").Digest))!.Record.State);

        await CollectAllAsync();

        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_tag_that_lost_the_way_back_from_its_manifest_keeps_it()
    {
        Policy.Untagged = TimeSpan.Zero;
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        foreach (string way in await KeysAsync(ContentKeys.Tagged(Repo, image.Digest)))
        {
            await Store.DeleteAsync(way, Cancel);
        }

        foreach (string name in await KeysAsync(ContentKeys.TagNames(Repo)))
        {
            await Store.DeleteAsync(name, Cancel);
        }

        await CollectAllAsync();

        Assert.NotNull(await Root.PullAsync(Repo, "latest"));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_way_back_that_was_swept_while_its_push_stood_still_is_laid_anew()
    {
        await Root.PushImageAsync(Repo, "image");
        TestManifest image = TestManifest.ImageOf("image");
        var hooked = new HookedStore(Store.Share());
        using var pushing = new ContentRoot(hooked, Options, Time);
        hooked.OnceBefore(call => call.Is(StoreOperation.Put, ContentKeys.Tag(Repo, Tag.Parse("latest"))), async () =>
        {
            Time.Advance(Options.GracePeriod);
            await ScanAsync();
            Assert.Empty(await KeysAsync(ContentKeys.Tagged(Repo, image.Digest)));
        });

        await pushing.PushAsync(Repo, image, "latest");

        Assert.Single(await KeysAsync(ContentKeys.Tagged(Repo, image.Digest)));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tag_that_outlived_its_manifest_goes_whether_the_manifest_was_pushed_again_or_not(bool isPushedAgain)
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        var hooked = new HookedStore(Store.Share());
        using var deleting = new ContentRoot(hooked, Options, Time);
        hooked.OnceBefore(call => call.Is(StoreOperation.Put, ContentKeys.Tag(Repo, Tag.Parse("latest"))), () => throw new IOException("stopped"));
        await Record.ExceptionAsync(async () => await deleting.Manifests.EndAsync(Repo, image.Digest, (await ManifestRecordAsync(Repo, image.Digest))!, Cancel));
        if (isPushedAgain)
        {
            await Root.PushAsync(Repo, image, "other");
        }

        await CollectAllAsync();

        Assert.Equal(isPushedAgain ? ["other"] : [], await Root.TagsAsync(Repo));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task What_is_left_of_deleted_tags_goes_with_its_markers()
    {
        await Root.PushImageAsync(Repo, "image", "one", "two");
        var hooked = new HookedStore(Store.Share());
        using var deleting = new ContentRoot(hooked, Options, Time);
        hooked.OnceAfter(call => call.Is(StoreOperation.Put, ContentKeys.Tag(Repo, Tag.Parse("one"))), () => throw new IOException("stopped"));
        await Record.ExceptionAsync(async () => await deleting.Tags.DeleteAsync(Repo, Tag.Parse("one"), Cancel));

        await CollectAllAsync();

        Assert.Equal(["two"], await Root.TagsAsync(Repo));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
        Assert.Single(await KeysAsync(ContentKeys.Tags(Repo)));
    }
}
