using Registry.Content.Quotas;
using Registry.Content.Uploads;
using Registry.Errors;
using Registry.Model;

namespace Registry.Core.Tests.Content.Quotas;

/// <summary>What counts, and what is refused.</summary>
public sealed class QuotaLimitTests : QuotaTest
{
    [Fact]
    public async Task A_blob_counts_once_in_a_feed_and_once_in_each_feed()
    {
        Limit(1_000);
        Limit(1_000, feed: "other");

        Digest digest = await Root.PushBlobAsync(Repo, Bytes(400));
        await Root.PushBlobAsync(OtherRepo, Bytes(400));
        Assert.True(await Root.Blobs.MountAsync(RepositoryName.Parse("library/third"), Repo, digest, Ids.Next(), Cancel));
        Assert.Equal((400, 0), await UsedAsync());
        Assert.Equal((0, 0), await UsedAsync("other"));

        Assert.True(await Root.Blobs.MountAsync(Foreign, Repo, digest, Ids.Next(), Cancel));
        Assert.Equal((400, 0), await UsedAsync());
        Assert.Equal((400, 0), await UsedAsync("other"));
        await AssertExactAsync();
        await AssertExactAsync("other");
    }

    [Fact]
    public async Task The_default_feed_counts_what_is_no_other_feeds()
    {
        Limit(1_000, feed: "");
        Limit(1_000);
        Limit(1_000, feed: "other");
        var plain = RepositoryName.Parse("plain");

        foreach (RepositoryName repository in (RepositoryName[])[Repo, Foreign, plain, RepositoryName.Parse("zeta/app")])
        {
            await Root.PushBlobAsync(repository, Bytes(300));
        }

        Assert.Equal((300, 0), await UsedAsync(""));
        await AssertExactAsync("");
        await AssertExactAsync();
    }

    [Fact]
    public async Task Manifests_count_with_their_bytes_and_tags_by_their_number()
    {
        Limit(10_000, 10);

        TestManifest image = await Root.PushImageAsync(Repo, "image", "one", "two");
        Assert.Equal((TestManifest.BlobsOf("image").Sum(static blob => blob.Length) + image.Content.Length, 2), await UsedAsync());

        await Root.PushAsync(Repo, image, "two", "three");
        await Root.Tags.DeleteAsync(Repo, Tag.Parse("one"), Cancel);
        await AssertExactAsync();
        Assert.Equal(2, (await UsedAsync()).Tags);
    }

    [Fact]
    public async Task A_push_above_the_limit_is_refused_and_says_what_is_used_asked_and_allowed()
    {
        Limit(1_000);
        await Root.PushBlobAsync(Repo, Bytes(900));

        string message = await RefusedAsync(() => Root.PushBlobAsync(Repo, Bytes(101, seed: 1)));

        Assert.Equal("The quota of feed 'library' is too small for this push: bytes used 900, asked for 101, allowed 1000.", message);
        Assert.False(await Root.Refs.HoldsAsync(Repo, Sha256(Bytes(101, seed: 1)), Cancel));
        await Root.PushBlobAsync(Repo, Bytes(100, seed: 2));
        Assert.Equal((1_000, 0), await UsedAsync());
        await AssertExactAsync();
    }

    [Fact]
    public async Task An_upload_that_was_refused_can_be_finished_once_there_is_room()
    {
        Limit(100);
        byte[] content = Bytes(101);
        string session = await Root.StartAsync(Repo);
        await Root.Uploads.AppendAsync(Repo, session, Pushing.Body(content), null, Cancel);
        await RefusedAsync(async () => await Root.Uploads.FinishAsync(Repo, session, [Sha256(content)], null, null, Cancel));

        Limit(101);
        UploadResult result = await Root.Uploads.FinishAsync(Repo, session, [Sha256(content)], null, null, Cancel);

        Assert.Equal(UploadResult.Committed(Sha256(content), 101), result);
        await AssertExactAsync();
    }

    [Fact]
    public async Task A_full_feed_takes_what_it_holds_already()
    {
        Limit(10_000, 1);
        Limit(10_000, feed: "other");
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        Limit((await UsedAsync()).Bytes, 1);

        await Root.PushImageAsync(Repo, "image", "latest");
        foreach (byte[] blob in TestManifest.BlobsOf("image"))
        {
            await Root.PushBlobAsync(OtherRepo, blob);
        }

        Assert.Contains("tags used 1, asked for 1, allowed 1.", await RefusedAsync(() => Root.PushAsync(Repo, image, "another")), StringComparison.Ordinal);
        Assert.Contains($"asked for {image.Content.Length}, allowed", await RefusedAsync(() => Root.PushAsync(OtherRepo, image)), StringComparison.Ordinal);
        Assert.Null(await Root.PullAsync(OtherRepo, image));
        Assert.Equal(["latest"], await Root.TagsAsync(Repo));
        await AssertExactAsync();
    }

    [Fact]
    public async Task A_mount_from_another_feed_needs_room()
    {
        Limit(1_000);
        Limit(99, feed: "other");
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));

        string message = await RefusedAsync(async () => await Root.Blobs.MountAsync(Foreign, Repo, digest, Ids.Next(), Cancel));

        Assert.Equal("The quota of feed 'other' is too small for this push: bytes used 0, asked for 100, allowed 99.", message);
        Assert.False(await Root.Refs.HoldsAsync(Foreign, digest, Cancel));
    }

    [Fact]
    public async Task A_limit_below_what_is_used_refuses_what_is_new_and_touches_nothing()
    {
        Limit(10_000, 5);
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest", "old");

        Limit(1, 1);

        await RefusedAsync(() => Root.PushBlobAsync(Repo, Bytes(1)));
        await RefusedAsync(() => Root.PushAsync(Repo, image, "new"));
        await Root.PushAsync(Repo, image, "old");
        Assert.NotNull(await Root.PullAsync(Repo, "latest"));
        Assert.NotNull(await Root.ReadBlobAsync(Repo, Sha256(TestManifest.BlobsOf("image")[0])));
        Assert.True(await Root.Tags.DeleteAsync(Repo, Tag.Parse("old"), Cancel));
        await AssertExactAsync();
    }

    [Fact]
    public async Task Each_repository_has_its_limit_for_itself()
    {
        Limits.Repository = (100, 1);
        await Root.PushBlobAsync(Repo, Bytes(100));

        await Root.PushBlobAsync(OtherRepo, Bytes(100));
        string message = await RefusedAsync(() => Root.PushBlobAsync(OtherRepo, Bytes(1)));

        Assert.Equal("The quota of each repository like '*' is too small for this push: bytes used 100, asked for 1, allowed 100.", message);
        Assert.Equal((100, 0), await UsedAsync(Root, Limits.OfRepository(Repo)));
    }

    [Fact]
    public async Task What_a_repositorys_quota_refuses_is_not_counted_in_the_feeds()
    {
        Limit(1_000);
        Limits.Repository = (10, null);

        await RefusedAsync(() => Root.PushBlobAsync(Repo, Bytes(11)));

        Assert.Equal((0, 0), await UsedAsync());
    }

    [Fact]
    public async Task What_is_deleted_makes_room()
    {
        Limit(10_000, 2);
        Digest blob = await Root.PushBlobAsync(Repo, Bytes(100));
        await Root.PushBlobAsync(OtherRepo, Bytes(100));
        TestManifest image = await Root.PushImageAsync(Repo, "image", "one", "two");

        await Root.Blobs.DeleteAsync(Repo, blob, Cancel);
        Assert.Equal(await HeldAsync(Store, Limits.Of(Feed)), await UsedAsync());
        await Root.Blobs.DeleteAsync(OtherRepo, blob, Cancel);
        await AssertExactAsync();
        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));
        foreach (byte[] layer in TestManifest.BlobsOf("image"))
        {
            Assert.True(await Root.Blobs.DeleteAsync(Repo, Sha256(layer), Cancel));
        }

        Assert.Equal((0, 0), await UsedAsync());
        await AssertExactAsync();
        await Root.PushImageAsync(Repo, "image", "one", "two");
        await AssertExactAsync();
    }

    [Fact]
    public async Task Another_nodes_deletion_of_what_was_just_pushed_makes_room()
    {
        Limit(100);
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));

        Assert.True(await Node().Blobs.DeleteAsync(Repo, digest, Cancel));
        Time.Advance(QuotaOwner.Life);

        await Root.PushBlobAsync(Repo, Bytes(90));
        await AssertExactAsync();
    }

    [Fact]
    public async Task A_body_of_unknown_length_ends_where_the_quota_does()
    {
        Limit(50_000);
        await Root.PushBlobAsync(Repo, Bytes(10_000));
        string session = await Root.StartAsync(Repo);
        QuotaRoom? room = await Root.Quotas.RoomAsync(Repo, null, null, Cancel);

        string message = await RefusedAsync(async () => await Root.Uploads.AppendAsync(Repo, session, Pushing.Streamed(Bytes(100_000)) with { Room = room }, null, Cancel));

        Assert.EndsWith("bytes used 10000, asked for 40001 or more, allowed 50000.", message, StringComparison.Ordinal);
        UploadResult taken = await Root.Uploads.AppendAsync(Repo, session, Pushing.Streamed(Bytes(40_000)) with { Room = room }, null, Cancel);
        Assert.Equal(UploadResult.Accepted(40_000), taken);
    }

    [Fact]
    public async Task There_is_always_room_for_a_blob_that_is_held_already()
    {
        Limit(100);
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));

        Assert.Null(await Root.Quotas.RoomAsync(OtherRepo, digest, 100, Cancel));
        QuotaRoom room = Assert.IsType<QuotaRoom>(await Root.Quotas.RoomAsync(OtherRepo, Sha256(Bytes(1)), 1, Cancel));
        Assert.Equal(0, room.Bytes);
        RegistryException refusal = Assert.IsType<RegistryException>(room.Refuse(1));
        Assert.EndsWith("bytes used 100, asked for 1, allowed 100.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_process_that_stopped_reserved_is_free_again_after_a_while()
    {
        Limit(100);
        Assert.NotNull(await Node().Quotas.ReserveAsync(Repo, [QuotaItem.Blob(Sha256(Bytes(1)), 100)], Cancel));
        await RefusedAsync(() => Root.PushBlobAsync(Repo, Bytes(50)));

        Time.Advance(QuotaOwner.Life);

        await Root.PushBlobAsync(Repo, Bytes(50));
        await AssertExactAsync();
    }

    [Fact]
    public async Task What_processes_that_stopped_reserved_is_room_for_a_body_after_a_while()
    {
        Limit(1_000);
        await Root.PushBlobAsync(Repo, Bytes(600));
        for (int i = 0; i < 20; i++)
        {
            Assert.NotNull(await Node().Quotas.ReserveAsync(Repo, [QuotaItem.Blob(Sha256(Bytes(1, seed: i)), 20)], Cancel));
        }

        Time.Advance(QuotaOwner.Life / 2);
        Assert.Equal(0, (await Root.Quotas.RoomAsync(Repo, null, null, Cancel))?.Bytes);
        Time.Advance(QuotaOwner.Life / 2);

        Assert.Null(await Root.Quotas.RoomAsync(Repo, null, 400, Cancel));
        Assert.Equal(400, (await Root.Quotas.RoomAsync(Repo, null, 401, Cancel))?.Bytes);
        Assert.Equal(400, (await Root.Quotas.RoomAsync(Repo, null, null, Cancel))?.Bytes);
        await AssertExactAsync();
    }

    [Fact]
    public async Task Content_that_was_said_to_be_another_is_not_counted()
    {
        Limit(1_000);
        string session = await Root.StartAsync(Repo);

        await Assert.ThrowsAsync<RegistryException>(async () => await Root.Uploads.FinishAsync(Repo, session, [Sha512(Bytes(5)), Sha256(Bytes(10, seed: 1))], Pushing.Body(Bytes(10)), null, Cancel));

        Assert.Equal((0, 0), await UsedAsync());
    }
}
