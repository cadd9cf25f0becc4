using Registry.Content;
using Registry.Core.Tests.Simulation;
using Registry.Model;

namespace Registry.Core.Tests.Content.Refs;

/// <summary>A node remembers refs. Pulls believe its memory for a moment, pushes only after it asked the store.</summary>
public sealed class RefStoreTests : ContentTest
{
    private static async Task<bool> SeesAsync(ContentRoot node, RepositoryName repository, Digest digest, bool forPush = false) =>
        await node.Blobs.FindAsync(repository, digest, forPush, Cancel) is not null;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_another_node_let_go_of_is_soon_pulled_no_more_and_never_relied_on_by_a_push(bool forPush)
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        ContentRoot other = Node();
        Assert.True(await SeesAsync(other, Repo, digest, forPush));

        Assert.True(await Root.Blobs.DeleteAsync(Repo, digest, Cancel));

        if (!forPush)
        {
            Time.Advance(Options.CacheLifetime);
        }

        Assert.False(await SeesAsync(other, Repo, digest, forPush));
        Assert.False(await other.Blobs.DeleteAsync(Repo, digest, Cancel));
    }

    [Fact]
    public async Task What_this_node_let_go_of_is_gone_at_once()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        Assert.True(await SeesAsync(Root, Repo, digest));

        Assert.True(await Root.Blobs.DeleteAsync(Repo, digest, Cancel));

        Assert.False(await SeesAsync(Root, Repo, digest));
    }

    [Fact]
    public async Task A_mount_does_not_rely_on_what_was_seen_in_its_source()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        ContentRoot other = Node();
        Assert.True(await SeesAsync(other, Repo, digest));
        Assert.True(await Root.Blobs.DeleteAsync(Repo, digest, Cancel));

        Assert.False(await other.Blobs.MountAsync(OtherRepo, Repo, digest, Ids.Next(), Cancel));
    }

    [Fact]
    public async Task When_the_ref_that_was_seen_goes_another_one_will_do()
    {
        TestManifest first = await Root.PushImageAsync(Repo, "one");
        Digest shared = Sha256(TestManifest.BlobsOf("one")[0]);
        TestManifest second = await Root.PushImageAsync(Repo, "one", "again");
        Assert.Equal(first.Digest, second.Digest);
        List<string> refs = await KeysAsync(ContentKeys.Refs(shared, Repo));
        Assert.True(refs.Count > 1, "The blob should have a lease and a manifest's ref.");
        ContentRoot other = Node();
        Assert.True(await SeesAsync(other, Repo, shared));

        await Store.DeleteAsync(refs[0], Cancel);
        Time.Advance(Options.CacheLifetime);

        Assert.True(await SeesAsync(other, Repo, shared));
    }

    [Fact]
    public async Task What_one_repository_holds_is_not_seen_in_another()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        Assert.True(await SeesAsync(Root, Repo, digest));

        Assert.False(await SeesAsync(Root, OtherRepo, digest));
    }

    [Fact]
    public async Task Content_that_was_seen_is_not_listed_again()
    {
        int listings = 0;
        var store = new HookedStore(Store.Share())
        {
            Before = call =>
            {
                listings += call.Operation == StoreOperation.List ? 1 : 0;
                return ValueTask.CompletedTask;
            },
        };
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        ContentRoot node = Node(store);
        Assert.True(await SeesAsync(node, Repo, digest));
        Assert.Equal(1, listings);
        Time.Advance(Options.CacheLifetime);

        Assert.True(await SeesAsync(node, Repo, digest));
        Assert.True(await SeesAsync(node, Repo, digest, forPush: true));

        Assert.Equal(1, listings);
    }
}
