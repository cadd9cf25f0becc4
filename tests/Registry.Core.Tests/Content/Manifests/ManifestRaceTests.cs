using Registry.Content;
using Registry.Content.Tags;
using Registry.Core.Tests.Simulation;
using Registry.Errors;
using Registry.Model;

namespace Registry.Core.Tests.Content.Manifests;

/// <summary>Two at work on the same manifest, one of them at a chosen moment.</summary>
public sealed class ManifestRaceTests : ContentTest
{
    private static bool IsManifest(StoreCall call, StoreOperation operation) =>
        call.Operation == operation && call.Key.StartsWith("repos/", StringComparison.Ordinal) && call.Key.Contains("/manifests/", StringComparison.Ordinal);

    private async Task AssertAtRestAsync()
    {
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
        foreach (string tag in await Root.TagsAsync(Repo))
        {
            Assert.NotNull(await Root.PullAsync(Repo, tag));
        }
    }

    [Fact]
    public async Task A_push_that_comes_while_a_deletion_is_ending_keeps_its_tag()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "old");
        var store = new HookedStore(Store);
        store.OnceAfter(call => IsManifest(call, StoreOperation.Put), async () => await Root.PushAsync(Repo, image, "new"));

        Assert.True(await Node(store).Manifests.DeleteAsync(Repo, image.Digest, Cancel));

        Assert.NotNull(await Root.PullAsync(Repo, image));
        Assert.Equal(["new"], await Root.TagsAsync(Repo));
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task A_push_that_goes_live_after_a_deletion_found_nothing_keeps_its_tag()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
        var isPending = new TaskCompletionSource();
        var wasFound = new TaskCompletionSource();
        var pushing = new HookedStore(Store);
        pushing.OnceAfter(call => IsManifest(call, StoreOperation.Put), async () =>
        {
            isPending.SetResult();
            await wasFound.Task;
        });
        Task push = Node(pushing).PushAsync(Repo, image, "latest");
        await isPending.Task;
        var deleting = new HookedStore(Store);
        deleting.OnceAfter(call => IsManifest(call, StoreOperation.Get), async () =>
        {
            wasFound.SetResult();
            await push;
        });

        Assert.False(await Node(deleting).Manifests.DeleteAsync(Repo, image.Digest, Cancel));

        Assert.Equal(["latest"], await Root.TagsAsync(Repo));
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task A_push_that_begins_again_is_not_refused_for_the_tag_that_it_made_itself()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        var store = new HookedStore(Store);
        store.OnceAfter(
            call => call.Is(StoreOperation.Put, "repos/") && call.Key.Contains("/tags/", StringComparison.Ordinal),
            async () => await Store.DeleteAsync((await KeysAsync(ContentKeys.Tagged(Repo, image.Digest)))[0], Cancel));

        await Node(store).PushAsync(Repo, image, TagCondition.PointsNotAt(null), "latest");

        Assert.Equal(["latest"], await Root.TagsAsync(Repo));
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task A_push_that_begins_again_leaves_the_tag_to_whoever_moved_it_since()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        TestManifest other = await Root.PushImageAsync(Repo, "other");
        var store = new HookedStore(Store);
        store.OnceAfter(
            call => call.Is(StoreOperation.Put, "repos/") && call.Key.Contains("/tag-names/", StringComparison.Ordinal),
            async () =>
            {
                await Root.PushAsync(Repo, other, "latest");
                await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            });

        await Node(store).PushAsync(Repo, image, "latest");

        Assert.Equal(other.Digest, (await Root.PullAsync(Repo, "latest"))!.Digest);
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task A_deletion_that_comes_at_any_moment_of_a_push_comes_before_it_or_after_it()
    {
        for (int step = 1; ; step++)
        {
            TestManifest image = await Root.PushImageAsync(Repo, $"{step}", "latest");
            var store = new HookedStore(Store);
            Func<bool> deleted = store.BeforeStep(step, async () => await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));

            await Node(store).PushAsync(Repo, image, "latest", "other");

            bool there = await Root.PullAsync(Repo, image) is not null;
            Assert.Equal(there ? ["latest", "other"] : [], await Root.TagsAsync(Repo));
            await AssertAtRestAsync();
            await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            if (!deleted())
            {
                break;
            }
        }
    }

    [Fact]
    public async Task A_push_that_comes_at_any_moment_of_a_deletion_comes_before_it_or_after_it()
    {
        for (int step = 1; ; step++)
        {
            TestManifest image = await Root.PushImageAsync(Repo, $"{step}", "latest", "other");
            var store = new HookedStore(Store);
            Func<bool> pushed = store.BeforeStep(step, () => Root.PushAsync(Repo, image, "latest"));

            await Node(store).Manifests.DeleteAsync(Repo, image.Digest, Cancel);

            bool there = await Root.PullAsync(Repo, image) is not null;
            IReadOnlyList<string> tags = await Root.TagsAsync(Repo);
            Assert.True(there ? tags.Contains("latest") : tags.Count == 0, $"Pushed before operation {step}: the manifest is {(there ? "" : "not ")}there and the tags are {string.Join(", ", tags)}.");
            await AssertAtRestAsync();
            await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            if (!pushed())
            {
                break;
            }
        }
    }

    [Fact]
    public async Task Two_pushes_of_one_manifest_at_any_moments_leave_it_whole()
    {
        for (int step = 1; ; step++)
        {
            TestManifest image = TestManifest.ImageOf($"{step}");
            foreach (byte[] blob in TestManifest.BlobsOf($"{step}"))
            {
                await Root.PushBlobAsync(Repo, blob);
            }

            var store = new HookedStore(Store);
            Func<bool> pushed = store.BeforeStep(step, () => Root.PushAsync(Repo, image, "second"));

            await Node(store).PushAsync(Repo, image, "first");

            Assert.Equal(pushed() ? ["first", "second"] : ["first"], await Root.TagsAsync(Repo));
            await AssertAtRestAsync();
            await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            if (!pushed())
            {
                break;
            }
        }
    }

    // W7: a reader sees the old manifest or the new one.
    [Fact]
    public async Task A_tag_that_moves_while_it_is_pulled_is_never_missing()
    {
        TestManifest one = await Root.PushImageAsync(Repo, "one", "latest");
        var store = new HookedStore(Store);
        store.OnceBefore(call => IsManifest(call, StoreOperation.Get), async () =>
        {
            await Root.PushImageAsync(Repo, "two", "latest");
            await Root.Manifests.DeleteAsync(Repo, one.Digest, Cancel);
        });

        Assert.Equal(TestManifest.ImageOf("two").Digest, (await Node(store).PullAsync(Repo, "latest"))?.Digest);
    }

    [Fact]
    public async Task A_blob_that_is_deleted_at_any_moment_of_a_push_does_not_leave_a_manifest_without_it()
    {
        Digest config = Sha256("config"u8);
        TestManifest image = TestManifest.Image(config, []);
        for (int step = 1; ; step++)
        {
            await Root.PushBlobAsync(Repo, Bytes("config"));
            var store = new HookedStore(Store);
            Func<bool> deleted = store.BeforeStep(step, async () => await Record.ExceptionAsync(async () => await Root.Blobs.DeleteAsync(Repo, config, Cancel)));

            Exception? refused = await Record.ExceptionAsync(() => Node(store).PushAsync(Repo, image, "latest"));

            Assert.Equal(refused is null, await Root.PullAsync(Repo, image) is not null);
            Assert.Equal(refused is null, await Root.ReadBlobAsync(Repo, config) is not null);
            Assert.True(refused is null or RegistryException);
            await AssertAtRestAsync();
            await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            if (!deleted())
            {
                break;
            }
        }
    }

    [Fact]
    public async Task A_condition_on_the_tag_is_one_on_where_it_points()
    {
        TestManifest one = await Root.PushImageAsync(Repo, "one", "latest");
        TestManifest two = await Root.PushImageAsync(Repo, "two");
        async Task RefusedAsync(TagCondition condition)
        {
            RegistryException e = await Assert.ThrowsAsync<RegistryException>(() => Root.PushAsync(Repo, two, condition, "latest"));
            Assert.Equal(RegistryErrorCode.PreconditionFailed, Assert.Single(e.Errors).Code);
            Assert.Equal(one.Digest, (await Root.PullAsync(Repo, "latest"))!.Digest);
        }

        await RefusedAsync(TagCondition.PointsNotAt(null));
        await RefusedAsync(TagCondition.PointsNotAt([one.Digest]));
        await RefusedAsync(TagCondition.PointsAt([two.Digest]));
        await Root.PushAsync(Repo, two, TagCondition.PointsAt([one.Digest]), "latest");
        await Root.PushAsync(Repo, one, TagCondition.PointsAt(null), "latest");
        await Root.PushAsync(Repo, two, TagCondition.PointsNotAt([two.Digest]), "latest");
        await Root.PushAsync(Repo, two, TagCondition.PointsNotAt(null), "new");
        Assert.Equal(["latest", "new"], await Root.TagsAsync(Repo));
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task Of_many_pushes_that_want_a_tag_not_to_be_there_one_succeeds()
    {
        TestManifest[] images = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Root.PushImageAsync(Repo, $"{i}")));
        ContentRoot[] nodes = [Root, Node()];

        Exception?[] refused = await Task.WhenAll(images.Select((image, i) => Task.Run(
            async () => await Record.ExceptionAsync(() => nodes[i % 2].PushAsync(Repo, image, TagCondition.PointsNotAt(null), "latest")), Cancel)));

        int winner = Array.IndexOf(refused, null);
        Assert.Single(refused, static e => e is null);
        Assert.Equal(images[winner].Digest, (await Root.PullAsync(Repo, "latest"))!.Digest);
        await AssertAtRestAsync();
    }
}
