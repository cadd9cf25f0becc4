using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Copying;
using Registry.Model;
using Registry.Storage;
using Registry.Storage.Contract;
using Registry.Storage.FileSystem;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Maintenance.Copying;

public sealed class ContentCopyTests : CopyTest
{
    [Fact]
    public async Task Everything_can_be_pulled_from_the_copy_and_a_second_run_finds_it_equal()
    {
        await FillAsync(Root);

        ContentCopyReport report = await CopyAsync();

        Assert.Equal((10, 5, 4, 0), (report.Blobs, report.Manifests, report.Tags, report.Problems.Count));
        Assert.Equal((2, true), (report.Passes, report.IsCurrent));
        Assert.NotNull(report.Ended);
        Assert.Empty(await ContentInvariants.AtRestAsync(Target, Cancel));
        Assert.Equal(await LeasesAsync(Store), await LeasesAsync(Target));

        long uploads = await UploadsAsync(async counting => report = await CopyAsync(to: counting), Target);
        Assert.Equal((0, 0L, 0, 0, 0, 1), (uploads, report.Bytes, report.Manifests, report.Tags, report.OtherObjects, report.Passes));
        Assert.Equal(await PullAllAsync(Store), await PullAllAsync(Target));
    }

    [Fact]
    public async Task A_manifest_that_is_deleted_and_pushed_again_while_its_tags_are_copied_keeps_them_all()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "a", "b");
        await CopyAsync();
        var source = new HookedStore(Store.Share());
        source.OnceBefore(call => call.Is(StoreOperation.Get, ContentKeys.Tag(Repo, Tag.Parse("b"))), async () =>
        {
            await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            await Root.PushAsync(Repo, image, "a", "b");
        });

        ContentCopyReport report = await CopyAsync(from: source, configure: static options => options.MaxPasses = 1);

        Assert.Empty(report.Problems);
        Assert.Equal(await PullAllAsync(Store), await PullAllAsync(Target));
    }

    [Fact]
    public async Task A_folder_is_copied_to_memory_and_back_to_a_folder()
    {
        using var from = new StoreFolder();
        using var back = new StoreFolder();
        await using FileSystemObjectStore first = from.Open(time: Time);
        await using FileSystemObjectStore second = back.Open(time: Time);
        ContentRoot root = Node(first);
        await root.EnsureUsableAsync(Cancel);
        await FillAsync(root);

        await CopyAsync(first, Target);
        await CopyAsync(Target, second);

        Assert.Empty(await ContentInvariants.AtRestAsync(second, Cancel));
        Assert.Equal(await PullAllAsync(first), await PullAllAsync(second));
    }

    [Fact]
    public async Task A_store_may_put_bytes_under_a_longer_key_than_the_one_asked_for()
    {
        await FillAsync(Root);

        await CopyAsync(to: new LongerKeys(Target));

        Assert.All(await KeysAsync(Target, ContentKeys.DataPrefix), static key => Assert.EndsWith("-7f", key, StringComparison.Ordinal));
        Assert.Equal(await PullAllAsync(Store), await PullAllAsync(Target));
    }

    [Fact]
    public async Task What_came_and_went_since_comes_and_goes_with_the_next_copy()
    {
        TestManifest index = await FillAsync(Root);
        await CopyAsync();

        await Root.Manifests.DeleteAsync(Repo, index.Digest, Cancel);
        await Root.Manifests.DeleteAsync(Repo, TestManifest.ImageOf("app for arm").Digest, Cancel);
        await Root.Tags.DeleteAsync(Repo, Tag.Parse("1.0"), Cancel);
        await Root.PushImageAsync(Repo, "newer", "latest", "2.0");
        await Root.Manifests.DeleteAsync(OtherRepo, TestManifest.ImageOf("other").Digest, Cancel);
        await Root.PushImageAsync(OtherRepo, "other", "again"); // The same manifest in a new generation.
        foreach (Digest gone in (Digest[])[Sha256(Bytes("config of app for arm")), Sha256(Bytes("layer of app for arm"))])
        {
            await CollectAsync(gone);
        }

        ContentCopyReport report = await CopyAsync();

        Assert.Empty(report.Problems);
        Assert.Equal(2, report.Blobs);
        Assert.InRange(report.Removed, 6, 20);
        Assert.Empty(await ContentInvariants.AtRestAsync(Target, Cancel));
        Assert.DoesNotContain(ContentKeys.Blob(Sha256(Bytes("layer of app for arm"))), await KeysAsync(Target, ContentKeys.BlobsPrefix));
        Assert.Equal(10, (await KeysAsync(Target, ContentKeys.DataPrefix)).Count);
        Assert.Equal(await PullAllAsync(Store), await PullAllAsync(Target));
    }

    [Fact]
    public async Task A_child_that_an_index_of_the_target_names_stays_however_broken_the_source_is()
    {
        TestManifest index = await FillAsync(Root);
        await CopyAsync();
        Digest child = TestManifest.ImageOf("app for arm").Digest;
        Versioned<ManifestRecord> record = (await ManifestRecordAsync(Repo, child))!;
        await Records.PutAsync(ContentKeys.Manifest(Repo, child), record.Record with { State = ManifestState.Deleted, Content = default }, record, Cancel);

        await CopyAsync();

        ContentRoot target = Node(Target);
        await target.EnsureUsableAsync(Cancel);
        Assert.NotNull(await target.PullAsync(Repo, index));
        Assert.NotNull(await target.PullAsync(Repo, child.Value));
        Assert.Empty(await ContentInvariants.AlwaysAsync(Target, Cancel));
    }

    [Fact]
    public async Task Broken_content_is_reported_and_what_names_it_is_not_copied_as_good()
    {
        await FillAsync(Root);
        Digest layer = Sha256(Bytes("layer of app"));
        byte[] bytes = (await Store.GetAsync(await DataKeyAsync(layer), Cancel))!.Content.ToArray();
        bytes[1] ^= 4;
        await Store.PutAsync(await DataKeyAsync(layer), bytes, PutCondition.None, Cancel);
        await Store.DeleteAsync(await DataKeyAsync(Sha256(Bytes("layer of signature"))), Cancel);

        ContentCopyReport report = await CopyAsync();

        Assert.Equal(
            [
                ContentCopyProblemKind.BlobCorrupt, ContentCopyProblemKind.BlobMissing,
                ContentCopyProblemKind.ManifestNotWhole, ContentCopyProblemKind.ManifestNotWhole, ContentCopyProblemKind.ManifestNotWhole, // The image, its index, the signature.
                ContentCopyProblemKind.TagDangling, ContentCopyProblemKind.TagDangling, ContentCopyProblemKind.TagDangling,
            ],
            report.Problems.Select(static problem => problem.Kind).Order());
        Assert.Equal(ContentKeys.Blob(layer), Assert.Single(report.Problems, static problem => problem.Kind == ContentCopyProblemKind.BlobCorrupt).Key);
        Assert.Null(await Node(Target).ReadBlobAsync(Repo, layer));
        Assert.Empty(await ContentInvariants.AtRestAsync(Target, Cancel));
        Assert.Equal(["library/app", "library/app/other", "library/app/other:latest " + TestManifest.ImageOf("other").Digest], await PullAllAsync(Target));
    }

    [Fact]
    public async Task A_sparse_index_does_not_make_another_repository_s_blob_visible_in_the_copy()
    {
        Options.AllowSparseIndexes = true;
        Digest secret = await Root.PushBlobAsync(OtherRepo, Bytes("secret"));
        Digest later = Sha256("later"u8);
        Digest cached = await Root.PushBlobAsync(Repo, Bytes("of a build cache"));
        TestManifest image = await Root.PushImageAsync(Repo, "app");
        await Root.PushAsync(Repo, TestManifest.Index([secret, later, cached, image.Digest]), "sparse");
        await Root.PushBlobAsync(OtherRepo, Bytes("later"));

        ContentCopyReport report = await CopyAsync();

        Assert.Empty(report.Problems);
        ContentRoot copy = Node(Target);
        Assert.NotNull(await copy.PullAsync(Repo, "sparse"));
        Assert.Null(await copy.ReadBlobAsync(Repo, secret));
        Assert.Null(await copy.ReadBlobAsync(Repo, later));
        Assert.Equal(Bytes("secret"), await copy.ReadBlobAsync(OtherRepo, secret));
        Assert.Equal(Bytes("of a build cache"), await copy.ReadBlobAsync(Repo, cached));
        Assert.Equal(await KeysAsync(ContentKeys.RefsPrefix), await KeysAsync(Target, ContentKeys.RefsPrefix));
    }

    [Theory]
    [InlineData("blob", true)]
    [InlineData("blob", false)]
    [InlineData("manifest", true)]
    [InlineData("manifest", false)]
    [InlineData("tag", true)]
    [InlineData("tag", false)]
    public async Task A_record_of_the_source_that_nobody_can_read_is_reported_and_the_rest_is_copied(string what, bool isTooLarge)
    {
        TestManifest index = await FillAsync(Root);
        string key = KeyOf(what, index);
        var source = new HookedStore(Store.Share());
        if (isTooLarge)
        {
            await PutTooLargeAsync(Store, key);
        }
        else
        {
            source.Before = call => call.Is(StoreOperation.Get, key) ? throw new IOException("bad sector") : default;
        }

        ContentCopyReport report = await CopyAsync(source);

        Assert.NotNull(report.Ended);
        Assert.Single(report.Problems, problem => problem.Key == key && problem.Kind == ContentCopyProblemKind.RecordCorrupt);
        Assert.NotNull(await Node(Target).PullAsync(OtherRepo, "latest"));
        Assert.Null(await Node(Target).PullAsync(Repo, "all"));
        Assert.Empty(await ContentInvariants.AlwaysAsync(Target, Cancel));
    }

    [Theory]
    [InlineData("blob", true)]
    [InlineData("blob", false)]
    [InlineData("manifest", true)]
    [InlineData("tag", true)]
    public async Task A_record_of_the_target_that_nobody_can_read_is_reported_and_the_rest_is_copied(string what, bool isTooLarge)
    {
        TestManifest index = await FillAsync(Root);
        await CopyAsync();
        string key = KeyOf(what, index);
        if (isTooLarge)
        {
            await PutTooLargeAsync(Target, key);
        }
        else
        {
            await Target.PutAsync(key, "{"u8.ToArray(), PutCondition.None, Cancel);
        }

        await Root.PushImageAsync(OtherRepo, "newer", "newer");
        ContentCopyReport report = await CopyAsync();

        Assert.NotNull(report.Ended);
        Assert.Contains("target", Assert.Single(report.Problems, problem => problem.Key == key).Detail, StringComparison.Ordinal);
        Assert.NotNull(await Node(Target).PullAsync(OtherRepo, "newer"));

        // As the report says: without it, the next copy puts things right.
        await Target.DeleteAsync(key, Cancel);
        Assert.Empty((await CopyAsync()).Problems);
        Assert.Equal(await PullAllAsync(Store), await PullAllAsync(Target));
    }

    [Fact]
    public async Task A_record_of_the_target_that_nobody_can_read_is_not_removed_and_ends_no_removal()
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        Digest broken = await Root.PushBlobAsync(Repo, Bytes("broken"));
        Digest other = await Root.PushBlobAsync(Repo, Bytes("other"));
        await CopyAsync();
        await Target.PutAsync(ContentKeys.Blob(broken), "{"u8.ToArray(), PutCondition.None, Cancel);
        await CollectAsync(broken);
        await CollectAsync(other);

        ContentCopyReport report = await CopyAsync();

        Assert.Equal((ContentCopyProblemKind.RecordCorrupt, ContentKeys.Blob(broken)), Assert.Single(report.Problems) is var problem ? (problem.Kind, problem.Key) : default);
        List<string> left = await KeysAsync(Target, ContentKeys.BlobsPrefix);
        Assert.Contains(ContentKeys.Blob(broken), left);
        Assert.DoesNotContain(ContentKeys.Blob(other), left);
        Assert.Equal(await PullAllAsync(Store), await PullAllAsync(Target));
    }

    [Fact]
    public async Task An_upload_of_a_stopped_copy_whose_record_nobody_can_read_ends_no_later_copy()
    {
        await FillAsync(Root);
        await CopyAsync();
        string key = ContentKeys.Upload(Ids.Next());
        await Target.PutAsync(key, "{"u8.ToArray(), PutCondition.None, Cancel);

        Assert.NotNull((await CopyAsync()).Ended);

        Assert.Equal([key], await KeysAsync(Target, ContentKeys.UploadsPrefix));
    }

    [Fact]
    public async Task A_fault_on_the_way_is_tried_again()
    {
        await FillAsync(Root);
        string data = await DataKeyAsync(Sha256(Bytes("layer of app")));
        var hooked = new HookedStore(Store);
        hooked.OnceBefore(call => call.Is(StoreOperation.OpenRead, data), static () => throw new IOException("A cable was pulled."));

        ContentCopyReport report = await CopyAsync(hooked);

        Assert.Empty(report.Problems);
        Assert.Equal(await PullAllAsync(Store), await PullAllAsync(Target));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_of_users_are_copied_if_that_is_wanted(bool wanted)
    {
        await FillAsync(Root);
        await Store.PutAsync("auth/api-keys/1", "{}"u8.ToArray(), PutCondition.None, Cancel);
        await Store.PutAsync("usage/days/2", "3"u8.ToArray(), PutCondition.None, Cancel);
        await Store.PutAsync("repos/library._app/history/latest!4", "{}"u8.ToArray(), PutCondition.None, Cancel);
        await Store.PutAsync("maintenance/scrub/progress", "{}"u8.ToArray(), PutCondition.None, Cancel);

        await CopyAsync(configure: options => options.IncludeAuthentication = wanted);

        Assert.Equal(wanted ? ["auth/api-keys/1"] : [], await KeysAsync(Target, "auth/"));
        Assert.Empty(await KeysAsync(Target, "maintenance/"));
        Assert.Equal("3"u8.ToArray(), (await Target.GetAsync("usage/days/2", Cancel))!.Content.ToArray());
        Assert.Single(await KeysAsync(Target, "repos/library._app/history/"));

        await Store.PutAsync("usage/days/2", "5"u8.ToArray(), PutCondition.None, Cancel);
        await Store.DeleteAsync("auth/api-keys/1", Cancel);
        await Store.DeleteAsync("repos/library._app/history/latest!4", Cancel);
        await CopyAsync();

        Assert.Equal("5"u8.ToArray(), (await Target.GetAsync("usage/days/2", Cancel))!.Content.ToArray());
        Assert.Empty(await KeysAsync(Target, "auth/"));
        Assert.Empty(await KeysAsync(Target, "repos/library._app/history/"));
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new ContentCopy(Store, Target, new ContentCopyOptions { MaxPasses = 0, BytesPerSecond = 1, Concurrency = 65 }));

        Assert.All((string[])["MaxPasses is 0", "BytesPerSecond is 1", "Concurrency is 65"], part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
        Assert.Throws<ArgumentException>(() => new ContentCopy(Store, Store));
    }

    private static string KeyOf(string what, TestManifest index) => what switch
    {
        "blob" => ContentKeys.Blob(Sha256(Bytes("layer of app"))),
        "manifest" => ContentKeys.Manifest(Repo, index.Digest),
        _ => ContentKeys.Tag(Repo, Tag.Parse("all")),
    };

    private async Task CollectAsync(Digest digest)
    {
        Versioned<BlobRecord> found = (await BlobRecordAsync(digest))!;
        await SetStateAsync(digest, BlobState.Gone);
        Assert.Equal(BlobState.Gone, (await BlobRecordAsync(digest))!.Record.State);
        foreach (string key in await KeysAsync(ContentKeys.Refs(digest)))
        {
            await Store.DeleteAsync(key, Cancel);
        }

        Assert.Null(await Store.GetAsync(found.Record.Data, Cancel));
    }

    private static async Task<List<string>> LeasesAsync(InMemoryObjectStore store) =>
        [.. (await KeysAsync(store, ContentKeys.RefsPrefix)).Where(static key => key.Contains("/lease-", StringComparison.Ordinal))];

    private sealed class LongerKeys(IObjectStore inner) : DelegatingObjectStore(inner)
    {
        public override ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) => Inner.BeginUploadAsync(key + "-7f", cancellationToken);
    }
}
