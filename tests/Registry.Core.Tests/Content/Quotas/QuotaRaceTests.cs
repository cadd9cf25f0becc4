using Registry.Content;
using Registry.Content.Quotas;
using Registry.Model;

namespace Registry.Core.Tests.Content.Quotas;

/// <summary>Several nodes at one limit, and processes that stop.</summary>
public sealed class QuotaRaceTests : QuotaTest
{
    [Fact]
    public async Task Nodes_that_race_for_the_last_room_never_go_above_the_limit_and_use_all_of_it()
    {
        Limit(1_000);
        ContentRoot[] nodes = [Root, Node(), Node(), Node()];

        bool[] fitted = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(
            () => FitsAsync(() => nodes[i % 4].PushBlobAsync(i % 2 == 0 ? Repo : OtherRepo, Bytes(100, seed: i))), Cancel)));

        Assert.Equal(10, fitted.Count(static fits => fits));
        Assert.Equal((1_000, 0), await UsedAsync());
        await AssertExactAsync();
    }

    [Fact]
    public async Task Nodes_that_push_the_same_content_at_once_count_it_once()
    {
        Limit(1_000);
        ContentRoot[] nodes = [Root, Node(), Node()];

        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(
            () => nodes[i % 3].PushBlobAsync(RepositoryName.Parse($"library/r{i % 5}"), Bytes(100, seed: i % 4)), Cancel)));

        Assert.Equal((400, 0), await UsedAsync());
        await AssertExactAsync();
    }

    [Fact]
    public async Task Nodes_that_race_for_the_last_tags_make_as_many_as_may_be()
    {
        Limit(tags: 5);
        TestManifest image = await Root.PushImageAsync(Repo, "image");
        ContentRoot[] nodes = [Root, Node()];

        bool[] fitted = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => FitsAsync(() => nodes[i % 2].PushAsync(Repo, image, $"v{i}")), Cancel)));

        Assert.Equal(5, fitted.Count(static fits => fits));
        Assert.Equal(5, (await Root.TagsAsync(Repo)).Count);
        await AssertExactAsync();
    }

    [Fact]
    public async Task Pushes_deletions_and_recounts_at_once_end_in_what_is_held()
    {
        Limit(100_000, 100);
        Limits.Repository = (50_000, 50);
        ContentRoot[] nodes = [Root, Node(), Node()];

        await Task.WhenAll(Enumerable.Range(0, 3).Select(worker => Task.Run(
            async () =>
            {
                ContentRoot node = nodes[worker];
                for (int i = 0; i < 8; i++)
                {
                    RepositoryName repository = i % 2 == 0 ? Repo : OtherRepo;
                    TestManifest image = await node.PushImageAsync(repository, $"{worker}-{i}", $"w{worker}-{i}");
                    await node.PushBlobAsync(repository, Bytes(200, seed: i));
                    if (i % 3 == 0)
                    {
                        await node.Manifests.DeleteAsync(repository, image.Digest, Cancel);
                    }

                    if (i % 4 == worker)
                    {
                        await RecountAsync(node);
                    }
                }
            },
            Cancel)));
        Time.Advance(QuotaOwner.Life);
        Assert.Equal(0, (await RecountAsync(Root)).Unverified);

        await AssertExactAsync();
        Assert.Equal(await HeldAsync(Store, Limits.OfRepository(Repo)), await UsedAsync(Root, Limits.OfRepository(Repo)));
        Assert.Equal(await HeldAsync(Store, Limits.OfRepository(OtherRepo)), await UsedAsync(Root, Limits.OfRepository(OtherRepo)));
    }

    [Fact]
    public async Task A_push_that_stops_anywhere_is_counted_once_when_it_is_repeated()
    {
        Limit(100_000, 10);
        await CrashEverywhereAsync(
            static _ => Task.CompletedTask,
            static node => node.PushImageAsync(Repo, "image", "latest"),
            (node, store) => CheckAsync(node, store, exactAtOnce: true));
    }

    [Fact]
    public async Task A_mount_that_stops_anywhere_is_counted_once_when_it_is_repeated()
    {
        Limit(100_000, feed: "other");
        byte[] content = Bytes(100);
        await CrashEverywhereAsync(
            async node => await node.PushBlobAsync(Repo, content),
            async node => await node.Blobs.MountAsync(Foreign, Repo, Sha256(content), Ids.Next(), Cancel),
            (node, store) => CheckAsync(node, store, exactAtOnce: true));
    }

    [Fact]
    public async Task A_deletion_that_stops_anywhere_is_counted_off_when_it_is_looked_at()
    {
        Limit(100_000, 10);
        TestManifest image = TestManifest.ImageOf("image");
        await CrashEverywhereAsync(
            static async node => await node.PushImageAsync(Repo, "image", "latest"),
            async node => await node.Manifests.DeleteAsync(Repo, image.Digest, Cancel),
            (node, store) => CheckAsync(node, store, exactAtOnce: false));
    }

    [Fact]
    public async Task A_recount_that_stops_anywhere_can_be_followed_by_another()
    {
        Limit(100_000, 10);
        Limits.Repository = (100_000, null);
        await CrashEverywhereAsync(
            static async node =>
            {
                await node.PushImageAsync(Repo, "image", "latest");
                await node.PushImageAsync(OtherRepo, "second", "latest");
            },
            static node => RecountAsync(node),
            (node, store) => CheckAsync(node, store, exactAtOnce: true));
    }

    private async Task CheckAsync(ContentRoot node, Registry.Storage.IObjectStore store, bool exactAtOnce)
    {
        foreach (QuotaScope scope in Limits.Feeds)
        {
            (long Bytes, long Tags) held = await HeldAsync(store, scope);
            (long Bytes, long Tags) used = await UsedAsync(node, scope);
            Assert.True(exactAtOnce ? used == held : used.Bytes >= held.Bytes, $"{used} instead of {held}.");
        }

        Time.Advance(QuotaOwner.Life);
        Assert.Equal(0, (await RecountAsync(node)).Unverified);
        foreach (QuotaScope scope in Limits.Feeds)
        {
            Assert.Equal(await HeldAsync(store, scope), await UsedAsync(node, scope));
        }
    }
}
