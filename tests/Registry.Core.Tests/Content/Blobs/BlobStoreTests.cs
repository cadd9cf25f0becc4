using Registry.Content;
using Registry.Content.Blobs;
using Registry.Content.Records;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Content.Blobs;

/// <summary>Who sees which blob, and who lets go of it.</summary>
public sealed class BlobStoreTests : ContentTest
{
    private static readonly RepositoryName Third = RepositoryName.Parse("third");

    private async Task<bool> SeesAsync(RepositoryName repository, Digest digest, bool forPush = false) =>
        await Root.Blobs.FindAsync(repository, digest, forPush, Cancel) is not null;

    // B3
    [Fact]
    public async Task A_blob_is_there_only_in_the_repository_that_it_was_pushed_to()
    {
        byte[] bytes = Bytes(100);
        Digest digest = await Root.PushBlobAsync(Repo, bytes);

        Assert.Equal(new StoredBlob(digest, 100, Assert.Single(await KeysAsync("data/"))), await Root.Blobs.FindAsync(Repo, digest, forPush: false, Cancel));
        Assert.Equal(bytes, await Node().ReadBlobAsync(Repo, digest));
        foreach (bool forPush in new[] { false, true })
        {
            Assert.False(await SeesAsync(OtherRepo, digest, forPush));
            Assert.False(await SeesAsync(RepositoryName.Parse("library"), digest, forPush));
            Assert.False(await SeesAsync(Repo, Sha256("x"u8), forPush));
            Assert.False(await SeesAsync(Repo, Sha512(bytes), forPush));
        }
    }

    [Fact]
    public async Task Looking_for_a_blob_of_another_repository_leaves_no_trace()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        List<string> before = await KeysAsync("");

        await SeesAsync(OtherRepo, digest, forPush: true);
        Assert.False(await Root.Blobs.MountAsync(Third, OtherRepo, digest, Ids.Next(), Cancel));

        Assert.Equal(before, await KeysAsync(""));
    }

    [Fact]
    public async Task A_digest_that_cannot_be_verified_is_nobody_s()
    {
        Digest foreign = Digest.Parse("blake3:" + new string('a', 64));

        Assert.False(await SeesAsync(Repo, foreign));
        Assert.False(await SeesAsync(Repo, foreign, forPush: true));
        Assert.False(await Root.Blobs.MountAsync(Repo, OtherRepo, foreign, Ids.Next(), Cancel));
        Assert.False(await Root.Blobs.DeleteAsync(Repo, foreign, Cancel));
    }

    [Theory]
    [InlineData(0, null, 100)]
    [InlineData(0, 0, 0)]
    [InlineData(10, 5, 5)]
    [InlineData(90, 20, 10)]
    [InlineData(100, null, 0)]
    [InlineData(1_000, 10, 0)]
    public async Task A_part_of_a_blob_can_be_read(int offset, int? length, int expected)
    {
        byte[] bytes = Bytes(100);
        StoredBlob blob = (await Root.Blobs.FindAsync(Repo, await Root.PushBlobAsync(Repo, bytes), forPush: false, Cancel))!;

        await using ObjectContent content = (await Root.Blobs.OpenAsync(blob, offset, length, Cancel))!;

        var read = new MemoryStream();
        await content.Stream.CopyToAsync(read, Cancel);
        Assert.Equal(expected == 0 ? [] : bytes[offset..(offset + expected)], read.ToArray());
        Assert.Equal(100, content.TotalLength);
    }

    [Fact]
    public async Task A_blob_that_went_away_after_it_was_found_cannot_be_opened()
    {
        StoredBlob blob = (await Root.Blobs.FindAsync(Repo, await Root.PushBlobAsync(Repo, Bytes(100)), forPush: false, Cancel))!;
        await SetStateAsync(blob.Digest, BlobState.Gone);

        Assert.Null(await Root.Blobs.OpenAsync(blob, 0, null, Cancel));
    }

    [Fact]
    public async Task Data_of_another_length_than_the_record_says_is_not_served()
    {
        StoredBlob blob = (await Root.Blobs.FindAsync(Repo, await Root.PushBlobAsync(Repo, Bytes(100)), forPush: false, Cancel))!;

        await Assert.ThrowsAsync<InvalidDataException>(async () => await Root.Blobs.OpenAsync(blob with { Size = 99 }, 0, null, Cancel));
    }

    // U5, U8
    [Fact]
    public async Task A_mounted_blob_is_there_without_being_copied()
    {
        byte[] bytes = Bytes(100);
        Digest digest = await Root.PushBlobAsync(Repo, bytes);

        Assert.True(await Root.Blobs.MountAsync(OtherRepo, Repo, digest, Ids.Next(), Cancel));

        Assert.Equal(bytes, await Node().ReadBlobAsync(OtherRepo, digest));
        Assert.True(await Node().Catalog.ExistsAsync(OtherRepo, Cancel));
        Assert.Single(await KeysAsync("data/"));
        Assert.True(await Root.Blobs.MountAsync(OtherRepo, Repo, digest, Ids.Next(), Cancel));
        Assert.True(await Root.Blobs.MountAsync(Repo, Repo, digest, Ids.Next(), Cancel));
        Assert.True(await Root.Blobs.MountAsync(Third, OtherRepo, digest, Ids.Next(), Cancel));
    }

    // U6
    [Fact]
    public async Task What_the_source_does_not_have_cannot_be_mounted()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));

        Assert.False(await Root.Blobs.MountAsync(OtherRepo, Third, digest, Ids.Next(), Cancel));
        Assert.False(await Root.Blobs.MountAsync(OtherRepo, Repo, Sha256("x"u8), Ids.Next(), Cancel));
        await SetStateAsync(digest, BlobState.Gone);
        Assert.False(await Root.Blobs.MountAsync(OtherRepo, Repo, digest, Ids.Next(), Cancel));
        Assert.False(await SeesAsync(OtherRepo, digest));
    }

    // U7
    [Fact]
    public async Task A_source_is_one_that_the_caller_may_pull_from()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        RepositoryName[] holders = [Repo, OtherRepo, Third, RepositoryName.Parse("library/app-2"), RepositoryName.Parse("library/app.2")];
        foreach (RepositoryName holder in holders[1..])
        {
            await Root.Blobs.MountAsync(holder, Repo, digest, Ids.Next(), Cancel);
            await Root.Blobs.MountAsync(holder, Repo, digest, Ids.Next(), Cancel);
        }

        foreach (RepositoryName wanted in holders)
        {
            var asked = new List<RepositoryName>();
            RepositoryName? found = await Root.Blobs.FindSourceAsync(digest, repository =>
            {
                asked.Add(repository);
                return ValueTask.FromResult(repository == wanted);
            }, Cancel);

            Assert.Equal(wanted, found);
            Assert.Equal(asked.Distinct(), asked);
            Assert.All(asked, candidate => Assert.Contains(candidate, holders));
        }

        Assert.Null(await Root.Blobs.FindSourceAsync(digest, static _ => ValueTask.FromResult(false), Cancel));
        Assert.Null(await Root.Blobs.FindSourceAsync(Sha256("x"u8), static _ => ValueTask.FromResult(true), Cancel));
    }

    [Fact]
    public async Task A_search_for_a_source_ends_however_many_hold_the_blob()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        for (int i = 0; i < 100; i++)
        {
            await Root.Blobs.MountAsync(RepositoryName.Parse($"a/{i}"), Repo, digest, Ids.Next(), Cancel);
        }

        int asked = 0;
        Assert.Null(await Root.Blobs.FindSourceAsync(digest, _ => ValueTask.FromResult(asked++ < 0), Cancel));
        Assert.InRange(asked, 1, 20);
    }

    // E6, E7
    [Fact]
    public async Task Deleting_a_blob_in_one_repository_leaves_it_in_another()
    {
        byte[] bytes = Bytes(100);
        Digest digest = await Root.PushBlobAsync(Repo, bytes);
        await Root.Blobs.MountAsync(OtherRepo, Repo, digest, Ids.Next(), Cancel);

        Assert.True(await Root.Blobs.DeleteAsync(Repo, digest, Cancel));

        Assert.False(await SeesAsync(Repo, digest));
        Assert.False(await SeesAsync(Repo, digest, forPush: true));
        Assert.False(await Root.Blobs.DeleteAsync(Repo, digest, Cancel));
        Assert.Equal(bytes, await Root.ReadBlobAsync(OtherRepo, digest));
        await Root.PushBlobAsync(Repo, bytes);
        Assert.Equal(bytes, await Root.ReadBlobAsync(Repo, digest));
    }

    [Fact]
    public async Task A_blob_that_a_manifest_names_is_not_deleted()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "latest");
        TestManifest second = await Root.PushImageAsync(Repo, "two", "two");
        foreach (Digest digest in TestManifest.BlobsOf("one").Select(static blob => Sha256(blob)))
        {
            RegistryException e = await Assert.ThrowsAsync<RegistryException>(async () => await Root.Blobs.DeleteAsync(Repo, digest, Cancel));
            Assert.Equal(RegistryErrorCode.Unsupported, Assert.Single(e.Errors).Code);
            Assert.True(await SeesAsync(Repo, digest));
        }

        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));

        Digest shared = Sha256(TestManifest.BlobsOf("one")[1]);
        await Assert.ThrowsAsync<RegistryException>(async () => await Root.Blobs.DeleteAsync(Repo, shared, Cancel));
        Assert.True(await Root.Blobs.DeleteAsync(Repo, Sha256(TestManifest.BlobsOf("one")[0]), Cancel));
        Assert.True(await Root.Manifests.DeleteAsync(Repo, second.Digest, Cancel));
        Assert.True(await Root.Blobs.DeleteAsync(Repo, shared, Cancel));
        Assert.False(await SeesAsync(Repo, shared));
    }

    [Fact]
    public async Task Refs_that_a_dead_generation_left_behind_do_not_keep_a_blob_from_being_deleted()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        await Store.PutAsync(ContentKeys.ManifestRef(digest, Repo, image.Digest, Ids.Next()), default, PutCondition.None, Cancel);
        await Store.PutAsync(ContentKeys.ManifestRef(digest, Repo, Sha256("never pushed"u8), Ids.Next()), default, PutCondition.None, Cancel);

        Assert.True(await Root.Blobs.DeleteAsync(Repo, digest, Cancel));

        Assert.False(await SeesAsync(Repo, digest));
        Assert.Empty(await KeysAsync(ContentKeys.Refs(digest, Repo)));
    }

    [Fact]
    public async Task A_blob_of_a_manifest_that_is_being_pushed_is_not_deleted()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        Versioned<ManifestRecord> found = (await ManifestRecordAsync(Repo, image.Digest))!;
        await Records.PutAsync(ContentKeys.Manifest(Repo, image.Digest), found.Record with { State = ManifestState.Pending }, found, Cancel);
        Digest digest = Sha256(TestManifest.BlobsOf("one")[0]);

        await Assert.ThrowsAsync<RegistryException>(async () => await Root.Blobs.DeleteAsync(Repo, digest, Cancel));

        await Root.PushAsync(Repo, image);
        Assert.NotNull(await Root.PullAsync(Repo, image));
    }

    [Fact]
    public async Task A_process_that_stops_while_it_deletes_a_blob_can_be_followed_by_another() => await CrashEverywhereAsync(
        async root =>
        {
            await root.PushBlobAsync(Repo, Bytes(100));
            await root.PushBlobAsync(Repo, Bytes(100));
            await root.Blobs.MountAsync(OtherRepo, Repo, Sha256(Bytes(100)), Ids.Next(), Cancel);
        },
        async root => await root.Blobs.DeleteAsync(Repo, Sha256(Bytes(100)), Cancel),
        async (root, _) =>
        {
            Assert.Null(await root.ReadBlobAsync(Repo, Sha256(Bytes(100))));
            Assert.NotNull(await root.ReadBlobAsync(OtherRepo, Sha256(Bytes(100))));
        });

    [Fact]
    public async Task A_process_that_stops_while_it_mounts_a_blob_can_be_followed_by_another() => await CrashEverywhereAsync(
        async root => await root.PushBlobAsync(Repo, Bytes(100)),
        async root => Assert.True(await root.Blobs.MountAsync(OtherRepo, Repo, Sha256(Bytes(100)), Ids.Next(), Cancel)),
        async (root, _) =>
        {
            Assert.NotNull(await root.ReadBlobAsync(Repo, Sha256(Bytes(100))));
            Assert.NotNull(await root.ReadBlobAsync(OtherRepo, Sha256(Bytes(100))));
            Assert.True(await root.Catalog.ExistsAsync(OtherRepo, Cancel));
        });
}
