using Registry.Content;
using Registry.Core.Tests.Simulation;
using Registry.Model;

namespace Registry.Core.Tests.Content.Erasing;

public sealed class RepositoryEraserTests : ContentTest
{
    [Fact]
    public async Task A_push_at_any_moment_of_a_removal_is_gone_or_its_repository_is_listed()
    {
        bool stayed = false;
        Func<bool> pushed;
        int step = 0;
        do
        {
            // Another repository each time: what was deleted leaves records behind, and so steps.
            var repository = RepositoryName.Parse($"library/app{++step}");
            await Root.PushImageAsync(repository, "old", "a", "b");
            var store = new HookedStore(Store);
            using var pusher = new ContentRoot(Store.Share(), Options, Time); // One that remembers nothing, and so looks whether the repository is listed.
            pushed = store.BeforeStep(step, async () => await pusher.PushImageAsync(repository, "new", "new"));

            await Node(store).Eraser.EraseAsync(repository, Cancel);

            using var reader = new ContentRoot(Store.Share(), Options, Time);
            bool there = await reader.PullAsync(repository, "new") is not null;
            stayed |= there;
            Assert.True(!there || await reader.Catalog.ExistsAsync(repository, Cancel), $"Pushed before operation {step}, the tag can be pulled and its repository is not listed.");
            Assert.True(await reader.PullAsync(repository, "a") is null, $"Pushed before operation {step}.");
        }
        while (pushed());

        Assert.True(stayed);
    }

    [Fact]
    public async Task A_removal_that_stops_anywhere_is_finished_by_the_next() => await CrashEverywhereAsync(
        async root =>
        {
            await root.PushImageAsync(Repo, "one", "a", "b");
            await root.PushImageAsync(OtherRepo, "one", "a");
        },
        async root => await root.Eraser.EraseAsync(Repo, Cancel),
        async (root, _) =>
        {
            Assert.False(await root.Catalog.ExistsAsync(Repo, Cancel));
            Assert.Empty(await root.TagsAsync(Repo));
            Assert.NotNull(await root.PullAsync(OtherRepo, "a"));
        });

    [Fact]
    public async Task What_pulls_remember_of_a_manifest_that_another_host_deleted_does_not_list_its_repository_again()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        Assert.NotNull(await Root.PullAsync(Repo, image));
        await Node().Manifests.DeleteAsync(Repo, image.Digest, Cancel);

        await Root.Eraser.EraseAsync(Repo, Cancel);

        Assert.Empty((await Root.Catalog.ListAsync("", null, 10, Cancel)).Names);
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_keeps_its_repository_listed_and_nothing_else()
    {
        await Root.PushImageAsync(Repo, "one", "a");
        TestManifest broken = await Root.PushImageAsync(Repo, "two");
        await Root.PushImageAsync(OtherRepo, "one", "a");
        string[] keys = [ContentKeys.Tag(Repo, Tag.Parse("broken")), ContentKeys.Manifest(Repo, broken.Digest)];
        foreach (string key in keys)
        {
            await Store.PutAsync(key, Bytes("{"), default, Cancel);
        }

        InvalidDataException e = await Assert.ThrowsAsync<InvalidDataException>(() => Node().Eraser.EraseAllAsync("", Cancel).AsTask());

        Assert.Contains("2 records", e.Message, StringComparison.Ordinal);
        Assert.Contains(keys[0], e.Message, StringComparison.Ordinal);
        Assert.Equal([Repo.Value], (await Root.Catalog.ListAsync("", null, 10, Cancel)).Names);
        Assert.Null(await Node().PullAsync(Repo, "a"));
        foreach (string key in keys)
        {
            await Store.DeleteAsync(key, Cancel);
        }

        Assert.Equal(1, await Node().Eraser.EraseAllAsync("", Cancel));
        Assert.Empty((await Root.Catalog.ListAsync("", null, 10, Cancel)).Names);
    }
}
