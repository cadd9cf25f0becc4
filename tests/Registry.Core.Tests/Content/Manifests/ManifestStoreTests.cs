using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Records;
using Registry.Core.Tests.Simulation;
using Registry.Errors;
using Registry.Model;

namespace Registry.Core.Tests.Content.Manifests;

public sealed class ManifestStoreTests : ContentTest
{
    private static async Task<string[]> MissingAsync(Func<Task> push)
    {
        RegistryException e = await Assert.ThrowsAsync<RegistryException>(push);
        Assert.All(e.Errors, static error => Assert.Equal(RegistryErrorCode.ManifestBlobUnknown, error.Code));
        return [.. e.Errors.Select(static error => error.Detail!)];
    }

    // M1, M3, M4
    [Fact]
    public async Task A_manifest_is_pulled_by_its_tags_and_by_its_digest()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest", "v1");

        foreach (string reference in new[] { "latest", "v1", image })
        {
            StoredManifest pulled = (await Node().PullAsync(Repo, reference))!;
            Assert.Equal((image.Digest, image.MediaType), (pulled.Digest, pulled.MediaType));
            Assert.Equal(image.Content, pulled.Content.ToArray());
        }

        Assert.Null(await Root.PullAsync(Repo, "v2"));
        Assert.Null(await Root.PullAsync(Repo, "Latest"));
        Assert.Null(await Root.PullAsync(OtherRepo, "latest"));
        Assert.Null(await Root.PullAsync(OtherRepo, image));
        Assert.Null(await Root.PullAsync(Repo, "sha256:" + new string('0', 64)));
        Assert.Null(await Root.PullAsync(Repo, "blake3:" + new string('0', 64)));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    // W2
    [Theory]
    [InlineData("  {0}\r\n\t ")]
    [InlineData("{0}\n\n")]
    [InlineData("\n{0}")]
    public async Task Its_bytes_are_kept_as_they_were(string format)
    {
        await Root.PushBlobAsync(Repo, Bytes("config"));
        string document = $$"""{"layers":[],"x":"\u00e9\/é",  "config":{{TestManifest.Descriptor("x/y", Sha256("config"u8))}},"schemaVersion":2}""";
        TestManifest image = TestManifest.Of(MediaTypes.OciManifest, format.Replace("{0}", document, StringComparison.Ordinal));

        await Root.PushAsync(Repo, image, "latest");

        Assert.Equal(image.Content, (await Root.PullAsync(Repo, "latest"))!.Content.ToArray());
    }

    [Fact]
    public async Task A_manifest_of_four_mebibytes_is_stored()
    {
        await Root.PushBlobAsync(Repo, Bytes("config"));
        string document = $$"""{"schemaVersion":2,"config":{{TestManifest.Descriptor("x/y", Sha256("config"u8))}},"layers":[]}""";
        TestManifest image = TestManifest.Of(MediaTypes.OciManifest, document + new string(' ', (4 * 1024 * 1024) - document.Length));

        await Root.PushAsync(Repo, image, "latest");

        Assert.Equal(image.Content, (await Root.PullAsync(Repo, image))!.Content.ToArray());
    }

    // M7
    [Fact]
    public async Task A_manifest_is_stored_under_the_digest_that_it_was_pushed_with()
    {
        await Root.PushImageAsync(Repo, "one");
        TestManifest image = TestManifest.ImageOf("one") with { Digest = Sha512(TestManifest.ImageOf("one").Content) };

        await Root.PushAsync(Repo, image, "long");

        Assert.Equal(image.Digest, (await Root.PullAsync(Repo, "long"))!.Digest);
        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));
        Assert.NotNull(await Root.PullAsync(Repo, TestManifest.ImageOf("one")));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    // D4
    [Fact]
    public async Task Everything_that_is_missing_is_named_once()
    {
        Digest there = await Root.PushBlobAsync(Repo, Bytes("there"));
        Digest elsewhere = await Root.PushBlobAsync(OtherRepo, Bytes("elsewhere"));
        Digest nowhere = Sha256("nowhere"u8);
        Digest foreign = Digest.Parse("blake3:00");
        string[] expected = [.. new[] { elsewhere, nowhere, foreign }.Select(static digest => digest.Value).Order(StringComparer.Ordinal)];

        Assert.Equal(expected, await MissingAsync(() => Root.PushAsync(Repo, TestManifest.Image(there, [nowhere, elsewhere, nowhere, there, foreign]), "latest")));
        Assert.Equal([nowhere.Value], await MissingAsync(() => Root.PushAsync(Repo, TestManifest.Image(nowhere, [nowhere]))));

        Assert.Empty(await KeysAsync("repos/"));
        Assert.Empty(await Root.TagsAsync(Repo));
        Assert.Null(await Root.ReadBlobAsync(Repo, elsewhere));
    }

    [Fact]
    public async Task A_manifest_cannot_bring_another_repository_s_blob_into_its_own()
    {
        Digest secret = await Root.PushBlobAsync(OtherRepo, Bytes("secret"));
        Digest own = await Root.PushBlobAsync(Repo, Bytes("own"));
        var store = new HookedStore(Store);
        bool seen = false;
        store.After = async _ => seen |= await Root.ReadBlobAsync(Repo, secret) is not null;

        await MissingAsync(() => Node(store).PushAsync(Repo, TestManifest.Image(own, [secret])));
        await MissingAsync(() => Node(store).PushAsync(Repo, TestManifest.Index([secret])));

        Assert.False(seen);
        Assert.Empty(await KeysAsync(ContentKeys.Refs(secret, Repo)));
    }

    // D5
    [Fact]
    public async Task Layers_that_are_not_distributed_need_not_be_there()
    {
        Digest config = await Root.PushBlobAsync(Repo, Bytes("config"));
        Digest secret = await Root.PushBlobAsync(OtherRepo, Bytes("secret"));
        string layer = TestManifest.Descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", secret);

        await Root.PushAsync(Repo, TestManifest.Of(MediaTypes.OciManifest, $$"""{"schemaVersion":2,"config":{{TestManifest.Descriptor("x/y", config)}},"layers":[{{layer}}]}"""), "latest");

        Assert.NotNull(await Root.PullAsync(Repo, "latest"));
        Assert.Null(await Root.ReadBlobAsync(Repo, secret));
    }

    // D7
    [Fact]
    public async Task An_index_needs_its_children_which_are_manifests_or_blobs()
    {
        TestManifest child = await Root.PushImageAsync(Repo, "child");
        Digest blob = await Root.PushBlobAsync(Repo, Bytes("cache"));
        TestManifest elsewhere = await Root.PushImageAsync(OtherRepo, "elsewhere");
        TestManifest inner = TestManifest.Index([child.Digest]);

        await Root.PushAsync(Repo, inner);
        await Root.PushAsync(Repo, TestManifest.Index([child.Digest, blob, inner.Digest]), "nested");
        await Root.PushAsync(Repo, TestManifest.Index([]), "empty");
        Assert.Equal(
            [elsewhere.Digest.Value],
            await MissingAsync(() => Root.PushAsync(Repo, TestManifest.Index([child.Digest, elsewhere.Digest]), "bad")));

        Assert.Equal(["empty", "nested"], await Root.TagsAsync(Repo));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_deleted_child_is_missing()
    {
        TestManifest child = await Root.PushImageAsync(Repo, "child");
        await Root.Manifests.DeleteAsync(Repo, child.Digest, Cancel);

        Assert.Equal([child.Digest.Value], await MissingAsync(() => Root.PushAsync(Repo, TestManifest.Index([child.Digest]))));
    }

    [Fact]
    public async Task A_sparse_index_may_leave_children_out_where_that_is_allowed()
    {
        Options.AllowSparseIndexes = true;
        TestManifest child = await Root.PushImageAsync(Repo, "child");
        TestManifest index = TestManifest.Index([child.Digest, Sha256("not here"u8), Digest.Parse("blake3:00")]);

        await Root.PushAsync(Repo, index, "sparse");

        Assert.NotNull(await Root.PullAsync(Repo, "sparse"));
        Assert.NotEmpty(await MissingAsync(() => Root.PushAsync(Repo, TestManifest.Image(Sha256("not here"u8), []))));
        Assert.True(await Root.Manifests.DeleteAsync(Repo, index.Digest, Cancel));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_sparse_index_does_not_make_another_repository_s_blob_visible()
    {
        Options.AllowSparseIndexes = true;
        Digest secret = await Root.PushBlobAsync(OtherRepo, Bytes("secret"));
        Digest later = Sha256("later"u8);

        await Root.PushAsync(Repo, TestManifest.Index([secret, later]), "sparse");
        await Root.PushBlobAsync(OtherRepo, Bytes("later"));

        Assert.NotNull(await Root.PullAsync(Repo, "sparse"));
        Assert.Null(await Root.ReadBlobAsync(Repo, secret));
        Assert.Null(await Root.ReadBlobAsync(Repo, later));
        Assert.False(await Root.Blobs.MountAsync(RepositoryName.Parse("third"), Repo, secret, Ids.Next(), Cancel));
    }

    // W7, W8, M10
    [Fact]
    public async Task Pushing_again_changes_nothing_and_a_tag_moves()
    {
        TestManifest one = await Root.PushImageAsync(Repo, "one", "latest");
        List<string> before = [.. (await KeysAsync("")).Where(static key => !key.Contains("/tagged/", StringComparison.Ordinal))];
        string generation = (await ManifestRecordAsync(Repo, one.Digest))!.Record.Generation;

        await Root.PushAsync(Repo, one, "latest");

        Assert.Equal(before, (await KeysAsync("")).Where(static key => !key.Contains("/tagged/", StringComparison.Ordinal)));
        Assert.Equal(generation, (await ManifestRecordAsync(Repo, one.Digest))!.Record.Generation);
        TestManifest two = await Root.PushImageAsync(Repo, "two", "latest");
        Assert.Equal(two.Digest, (await Root.PullAsync(Repo, "latest"))!.Digest);
        Assert.Equal(one.Digest, (await Root.PullAsync(Repo, one))!.Digest);
        Assert.Equal(["latest"], await Root.TagsAsync(Repo));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    // E1, E2
    [Fact]
    public async Task Deleting_a_manifest_takes_every_tag_that_points_at_it_and_nothing_else()
    {
        TestManifest one = await Root.PushImageAsync(Repo, "one", "a", "b", "moved");
        TestManifest two = await Root.PushImageAsync(Repo, "two", "c", "moved");
        await Root.PushImageAsync(OtherRepo, "one", "a");

        Assert.True(await Root.Manifests.DeleteAsync(Repo, one.Digest, Cancel));

        foreach (string gone in new[] { "a", "b", one })
        {
            Assert.Null(await Root.PullAsync(Repo, gone));
        }

        foreach (string kept in new[] { "c", "moved", two })
        {
            Assert.Equal(two.Digest, (await Root.PullAsync(Repo, kept))!.Digest);
        }

        Assert.Equal(["c", "moved"], await Root.TagsAsync(Repo));
        Assert.NotNull(await Root.PullAsync(OtherRepo, "a"));
        Assert.False(await Root.Manifests.DeleteAsync(Repo, one.Digest, Cancel));
        Assert.False(await Root.Manifests.DeleteAsync(Repo, Sha256("never there"u8), Cancel));
        Assert.False(await Root.Manifests.DeleteAsync(Repo, Digest.Parse("blake3:00"), Cancel));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task Deleting_an_index_leaves_its_children()
    {
        TestManifest child = await Root.PushImageAsync(Repo, "child", "child");
        TestManifest index = TestManifest.Index([child.Digest]);
        await Root.PushAsync(Repo, index, "index");

        await Root.Manifests.DeleteAsync(Repo, index.Digest, Cancel);

        Assert.NotNull(await Root.PullAsync(Repo, "child"));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    // E9
    [Fact]
    public async Task A_manifest_that_was_deleted_can_be_pushed_again()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest");
        string generation = (await ManifestRecordAsync(Repo, image.Digest))!.Record.Generation;
        for (int i = 0; i < 3; i++)
        {
            await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            Assert.Null(await Root.PullAsync(Repo, image));
            await Root.PushAsync(Repo, image, "latest");
            Assert.Equal(image.Content, (await Root.PullAsync(Repo, "latest"))!.Content.ToArray());
        }

        Assert.NotEqual(generation, (await ManifestRecordAsync(Repo, image.Digest))!.Record.Generation);
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_deleted_manifest_keeps_none_of_its_bytes()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");

        await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);

        Assert.Equal((ManifestState.Deleted, 0), (await ManifestRecordAsync(Repo, image.Digest) is { Record: var record } ? (record.State, record.Content.Length) : default));
    }

    [Fact]
    public async Task A_manifest_that_is_being_pushed_is_not_there_yet()
    {
        TestManifest image = TestManifest.ImageOf("one");
        foreach (byte[] blob in TestManifest.BlobsOf("one"))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        var store = new HookedStore(Store);
        ContentRoot pusher = Node(store);
        bool done = false;
        store.After = async call =>
        {
            bool live = (await ManifestRecordAsync(Repo, image.Digest))?.Record.State == ManifestState.Live;
            Assert.Equal(live, await Root.PullAsync(Repo, image) is not null);
            if (!live)
            {
                Assert.Null(await Root.PullAsync(Repo, "latest"));
                Assert.Empty(await Root.TagsAsync(Repo));
                Assert.False(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));
                await MissingAsync(() => Root.PushAsync(Repo, TestManifest.Index([image.Digest])));
            }

            done |= live;
        };

        await pusher.PushAsync(Repo, image, "latest");

        Assert.True(done);
        Assert.NotNull(await Root.PullAsync(Repo, "latest"));
    }

    [Fact]
    public async Task A_blob_that_is_collected_while_a_manifest_is_pushed_is_missing_and_nothing_is_left_of_the_push()
    {
        Digest config = await Root.PushBlobAsync(Repo, Bytes("config"));
        TestManifest image = TestManifest.Image(config, []);
        var store = new HookedStore(Store);
        store.OnceBefore(call => call.Is(StoreOperation.Put, "repos/"), async () => await SetStateAsync(config, BlobState.Gone));

        Assert.Equal([config.Value], await MissingAsync(() => Node(store).PushAsync(Repo, image, "latest")));

        Assert.Null(await Root.PullAsync(Repo, image));
        Assert.Empty(await Root.TagsAsync(Repo));
        await Root.PushBlobAsync(Repo, Bytes("config"));
        await Root.PushAsync(Repo, image, "latest");
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    // The order that a collector relies on: the record says pending, then the refs are written, then the blobs are looked at, then the record says live.
    [Fact]
    public async Task Refs_are_written_between_pending_and_the_look_at_the_blobs_and_the_tag_comes_last()
    {
        await Root.PushImageAsync(Repo, "other");
        foreach (byte[] blob in TestManifest.BlobsOf("one"))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        var calls = new List<StoreCall>();
        var store = new HookedStore(Store)
        {
            After = call =>
            {
                lock (_lock)
                {
                    calls.Add(call);
                }

                return ValueTask.CompletedTask;
            },
        };
        TestManifest image = TestManifest.ImageOf("one");

        await Node(store).PushAsync(Repo, image, "latest");

        string record = ContentKeys.Manifest(Repo, image.Digest);
        int pending = calls.FindIndex(call => call.Is(StoreOperation.Put, record));
        int live = calls.FindLastIndex(call => call.Is(StoreOperation.Put, record));
        int firstRef = calls.FindIndex(static call => call.Is(StoreOperation.Put, "refs/"));
        int lastRef = calls.FindLastIndex(static call => call.Is(StoreOperation.Put, "refs/"));
        int firstLook = calls.FindIndex(lastRef, static call => call.Is(StoreOperation.Get, "blobs/"));
        int lastLook = calls.FindLastIndex(static call => call.Is(StoreOperation.Get, "blobs/"));
        int tag = calls.FindIndex(static call => call.Operation == StoreOperation.Put && call.Key.Contains("/tags/", StringComparison.Ordinal));
        Assert.True(pending >= 0 && pending < firstRef && lastRef < firstLook && lastLook < live && live < tag);
        Assert.Equal(3, calls.Skip(firstLook).Count(static call => call.Is(StoreOperation.Get, "blobs/")));
    }

    private readonly Lock _lock = new();
}
