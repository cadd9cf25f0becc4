using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Core.Tests.Simulation;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Core.Tests.Content.Manifests;

/// <summary>What a node keeps of manifests in memory, and how long it believes it.</summary>
public sealed class ManifestCacheTests : ContentTest
{
    [Fact]
    public async Task What_this_node_deletes_is_gone_at_once()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        Assert.NotNull(await Root.PullAsync(Repo, image.Digest.Value));

        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));

        Assert.Null(await Root.PullAsync(Repo, image.Digest.Value));
        Assert.Null(await Root.PullAsync(Repo, "latest"));
    }

    [Fact]
    public async Task What_another_node_deletes_is_gone_by_its_tag_at_once_and_by_its_digest_soon()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        ContentRoot other = Node();
        Assert.NotNull(await other.PullAsync(Repo, "latest"));

        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));

        Assert.Null(await other.PullAsync(Repo, "latest"));
        Time.Advance(Options.CacheLifetime);
        Assert.Null(await other.PullAsync(Repo, image.Digest.Value));
    }

    [Fact]
    public async Task A_tag_that_another_node_moves_leads_to_its_new_place_at_once()
    {
        await Root.PushImageAsync(Repo, "one", "latest");
        ContentRoot other = Node();
        Assert.NotNull(await other.PullAsync(Repo, "latest"));

        TestManifest second = await Root.PushImageAsync(Repo, "two", "latest");

        Assert.Equal(second.Digest, (await other.PullAsync(Repo, "latest"))!.Digest);
    }

    [Fact]
    public async Task A_push_does_not_take_a_manifest_for_live_because_it_was_pulled()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        ContentRoot other = Node();
        Assert.NotNull(await other.PullAsync(Repo, image.Digest.Value));
        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));

        await other.PushAsync(Repo, image, "again");

        Assert.NotNull(await Node().PullAsync(Repo, "again"));
    }

    // Visible a moment ago will do for a push; there, it has to be now.
    [Fact]
    public async Task A_push_names_blobs_that_another_node_let_go_of_just_now_only_if_they_are_still_there()
    {
        ContentRoot other = Node();
        foreach (byte[] blob in TestManifest.BlobsOf("image"))
        {
            Digest digest = await other.PushBlobAsync(Repo, blob);
            Assert.True(await Root.Blobs.DeleteAsync(Repo, digest, Cancel));
        }

        await other.PushAsync(Repo, TestManifest.ImageOf("image"), "latest");
        Assert.Empty(await ContentInvariants.AlwaysAsync(Store, Cancel));
        Assert.NotNull(await Node().ReadBlobAsync(Repo, Sha256(TestManifest.BlobsOf("image")[0])));

        Digest gone = await other.PushBlobAsync(Repo, TestManifest.BlobsOf("second")[0]);
        await SetStateAsync(gone, BlobState.Gone);
        RegistryException refused = await Assert.ThrowsAsync<RegistryException>(() => other.PushAsync(Repo, TestManifest.Image(gone, [])));
        Assert.Equal(RegistryErrorCode.ManifestBlobUnknown, refused.Errors[0].Code);
    }

    [Fact]
    public async Task A_manifest_pushed_anew_with_another_type_is_served_with_it()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        Assert.Equal(image.MediaType, (await Root.PullAsync(Repo, "latest"))!.MediaType);
        string otherType = "application/vnd.docker.distribution.manifest.v2+json";

        await Root.Manifests.PutAsync(
            Repo, new StoredManifest(image.Digest, otherType, image.Content), ManifestParser.Parse(image.Content, image.MediaType), new Pointing([]), Cancel);

        Assert.Equal(otherType, (await Root.PullAsync(Repo, "latest"))!.MediaType);
    }

    // Reads on this node that began before a deletion ended must not bring the manifest back into memory after it.
    [Fact]
    public async Task A_read_that_a_deletion_overtakes_is_not_remembered()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        store.OnceAfter(
            call => call.Is(StoreOperation.Get, ContentKeys.Manifest(Repo, image.Digest)),
            async () => Assert.True(await node.Manifests.DeleteAsync(Repo, image.Digest, Cancel)));

        Assert.NotNull(await node.PullAsync(Repo, image.Digest.Value));

        Assert.Null(await node.PullAsync(Repo, image.Digest.Value));
    }

    [Fact]
    public async Task One_repository_s_manifest_is_never_served_to_another()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        Assert.NotNull(await Root.PullAsync(Repo, image.Digest.Value));

        Assert.Null(await Root.PullAsync(OtherRepo, image.Digest.Value));
    }

    [Fact]
    public async Task Without_a_lifetime_every_pull_asks_the_store()
    {
        Options.CacheLifetime = TimeSpan.Zero;
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        ContentRoot other = Node();
        Assert.NotNull(await other.PullAsync(Repo, image.Digest.Value));

        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));

        Assert.Null(await other.PullAsync(Repo, image.Digest.Value));
    }
}
