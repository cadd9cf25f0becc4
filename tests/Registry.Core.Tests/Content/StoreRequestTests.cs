using Registry.Content;
using Registry.Content.Tags;
using Registry.Core.Tests.Simulation;
using Registry.Model;

namespace Registry.Core.Tests.Content;

/// <summary>
/// How often the store is asked for what clients do most. On an object store each of these is a round trip and has its price, so that none comes or goes unnoticed; the table in
/// <c>docs/storage-providers.md</c> says the same.
/// </summary>
public sealed class StoreRequestTests : ContentTest
{
    private static readonly byte[] Blob = Bytes(100);

    private readonly List<StoreCall> calls = [];
    private readonly ContentRoot node;

    public StoreRequestTests() => node = Node(new HookedStore(Store)
    {
        Before = call =>
        {
            lock (calls)
            {
                calls.Add(call);
            }

            return ValueTask.CompletedTask;
        },
    });

    [Fact]
    public async Task Starting_an_upload() =>
        await AssertAsks("1 BeginUpload, 1 Put", async () => await node.StartAsync(Repo));

    [Fact]
    public async Task Sending_a_chunk()
    {
        string id = await node.StartAsync(Repo);

        await AssertAsks(
            "2 Get, 1 Put, 1 OpenAppend, 1 AppenderWrite, 1 AppenderFlush",
            async () => await node.Uploads.AppendAsync(Repo, id, Pushing.Body(Blob), null, Cancel));
    }

    [Fact]
    public async Task Finishing_an_upload_without_bytes()
    {
        await KnowAsync(Repo);
        string id = await node.StartAsync(Repo);
        await node.Uploads.AppendAsync(Repo, id, Pushing.Body(Blob), null, Cancel);

        await AssertAsks(
            "2 Get, 3 Put, 1 Delete, 1 CompleteUpload",
            async () => await node.Uploads.FinishAsync(Repo, id, [Sha256(Blob)], null, null, Cancel));
    }

    [Fact]
    public async Task Finishing_an_upload_with_all_bytes()
    {
        await KnowAsync(Repo);
        string id = await node.StartAsync(Repo);

        await AssertAsks(
            "3 Get, 3 Put, 1 Delete, 1 OpenAppend, 1 AppenderWrite, 1 AppenderComplete",
            async () => await node.Uploads.FinishAsync(Repo, id, [Sha256(Blob)], Pushing.Body(Blob), null, Cancel));
    }

    [Fact]
    public async Task Asking_before_a_push_whether_a_blob_is_there()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Blob);

        await AssertAsks("1 Get, 1 List", async () => await node.Blobs.FindAsync(Repo, digest, forPush: true, Cancel));
        await AssertAsks("2 Get", async () => await node.Blobs.FindAsync(Repo, digest, forPush: true, Cancel));
        await AssertAsks("1 List", async () => await node.Blobs.FindAsync(Repo, Sha256(Bytes(1)), forPush: true, Cancel));
    }

    [Fact]
    public async Task Mounting_a_blob()
    {
        await KnowAsync(OtherRepo);
        Digest digest = await node.PushBlobAsync(Repo, Blob);

        await AssertAsks("2 Get, 1 Put", async () => await node.Blobs.MountAsync(OtherRepo, Repo, digest, Ids.Next(), Cancel));
    }

    [Theory]
    [InlineData("4 Get, 5 Put")]
    [InlineData("8 Get, 8 Put", "one")]
    [InlineData("11 Get, 11 Put", "one", "two")]
    public async Task Pushing_a_manifest_of_three_blobs(string expected, params string[] tags)
    {
        foreach (byte[] blob in TestManifest.BlobsOf("image"))
        {
            await node.PushBlobAsync(Repo, blob);
        }

        Assert.Equal(3, TestManifest.BlobsOf("image").Length);
        await AssertAsks(expected, async () => await node.PushAsync(Repo, TestManifest.ImageOf("image"), tags));
    }

    [Fact]
    public async Task Pushing_a_manifest_under_a_tag_that_is_not_to_be_deleted()
    {
        TestManifest image = await node.PushImageAsync(Repo, "image");
        var pointing = new Pointing([Tag.Parse("one")]);

        await AssertAsks("5 Get, 3 Put", async () => await node.PushAsync(Repo, image, pointing));
        await AssertAsks("5 Get, 4 Put", async () => await node.PushAsync(Repo, image, pointing with { Tags = [Tag.Parse("two")], IsGuarded = static _ => true }));
    }

    [Fact]
    public async Task Pushing_a_manifest_whose_blobs_another_process_took()
    {
        foreach (byte[] blob in TestManifest.BlobsOf("image"))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        await KnowAsync(Repo);
        await AssertAsks("4 Get, 5 Put, 3 List", async () => await node.PushAsync(Repo, TestManifest.ImageOf("image")));
    }

    [Fact]
    public async Task Pulling_a_manifest_that_nobody_pulled_of_late()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");

        await AssertAsks("3 Get", async () => await node.PullAsync(Repo, "latest"));
        Time.Advance(Options.CacheLifetime);
        await AssertAsks("1 Get", async () => await node.PullAsync(Repo, image.Digest.Value));
    }

    [Fact]
    public async Task Pulling_a_manifest_that_was_just_pulled()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        await node.PullAsync(Repo, "latest");

        await AssertAsks("1 Get", async () => await node.PullAsync(Repo, "latest"));
        await AssertAsks("", async () => await node.PullAsync(Repo, image.Digest.Value));
    }

    [Fact]
    public async Task Pulling_a_blob()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Blob);

        await AssertAsks("1 Get, 1 OpenRead, 1 List", async () => await node.ReadBlobAsync(Repo, digest));
        await AssertAsks("1 OpenRead", async () => await node.ReadBlobAsync(Repo, digest));
        Time.Advance(Options.CacheLifetime);
        await AssertAsks("2 Get, 1 OpenRead", async () => await node.ReadBlobAsync(Repo, digest));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(10_000)]
    public async Task Deleting_one_of_many_tags(int tags)
    {
        await Root.PushImageAsync(Repo, "image", [.. Enumerable.Range(0, tags).Select(static i => $"v{i}")]);

        await AssertAsks("2 Get, 1 Put, 2 Delete", async () => await node.Tags.DeleteAsync(Repo, Tag.Parse("v5"), Cancel));
    }

    // The repository is one that the node has seen.
    private async Task KnowAsync(RepositoryName repository) => await node.Catalog.AddAsync(repository, Cancel);

    private async Task AssertAsks(string expected, Func<Task> act)
    {
        calls.Clear();
        await act();
        Assert.Equal(expected, string.Join(", ", calls.GroupBy(static call => call.Operation).OrderBy(static group => Rank(group.Key)).Select(static group => $"{group.Count()} {group.Key}")));
    }

    private static int Rank(StoreOperation operation) => operation switch
    {
        StoreOperation.BeginUpload => -1,
        StoreOperation.Get => 0,
        StoreOperation.Put => 1,
        StoreOperation.Delete => 2,
        StoreOperation.OpenRead => 3,
        StoreOperation.List => 4,
        _ => 5 + (int)operation,
    };
}
