using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Simulation;
using Registry.Model;

namespace Registry.Core.Tests.Content.Blobs;

/// <summary>What keeps a blob from being collected between the moment a pusher hears of it and the moment a manifest names it.</summary>
public sealed class BlobProtectionTests : ContentTest
{
    private async Task<List<RefOwner>> OwnersAsync(RepositoryName repository, Digest digest) =>
        [.. (await KeysAsync(ContentKeys.Refs(digest, repository))).Select(static key => ContentKeys.TryParseRefOwner(key, out RefOwner owner) ? owner : throw new FormatException(key))];

    private async Task HeadAsync(Digest digest) => Assert.NotNull(await Root.Blobs.FindAsync(Repo, digest, forPush: true, Cancel));

    [Fact]
    public async Task A_lease_is_refreshed_only_after_half_of_the_grace_period()
    {
        Options.GracePeriod = TimeSpan.FromHours(24);
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        RefOwner first = Assert.Single(await OwnersAsync(Repo, digest));

        Time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1));
        await HeadAsync(digest);
        Assert.Equal(first, Assert.Single(await OwnersAsync(Repo, digest)));

        Time.Advance(TimeSpan.FromSeconds(1));
        await HeadAsync(digest);
        RefOwner second = Assert.Single(await OwnersAsync(Repo, digest));
        Assert.Equal(Time.GetUtcNow(), second.Time);

        await HeadAsync(digest);
        Assert.Equal(second, Assert.Single(await OwnersAsync(Repo, digest)));
    }

    [Fact]
    public async Task A_pull_refreshes_nothing()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        RefOwner first = Assert.Single(await OwnersAsync(Repo, digest));
        Time.Advance(Options.GracePeriod);

        Assert.NotNull(await Root.Blobs.FindAsync(Repo, digest, forPush: false, Cancel));

        Assert.Equal(first, Assert.Single(await OwnersAsync(Repo, digest)));
    }

    [Fact]
    public async Task A_manifest_s_ref_counts_as_long_as_it_is_young_and_stays()
    {
        await Root.PushImageAsync(Repo, "one");
        Digest digest = Sha256(TestManifest.BlobsOf("one")[0]);
        foreach (RefOwner lease in (await OwnersAsync(Repo, digest)).Where(static owner => owner.Manifest is null))
        {
            await Store.DeleteAsync(ContentKeys.LeaseRef(digest, Repo, lease.Id), Cancel);
        }

        await HeadAsync(digest);
        RefOwner manifest = Assert.Single(await OwnersAsync(Repo, digest));
        Assert.NotNull(manifest.Manifest);

        Time.Advance(Options.GracePeriod);
        await HeadAsync(digest);
        List<RefOwner> owners = await OwnersAsync(Repo, digest);
        Assert.Equal(2, owners.Count);
        Assert.Equal(Time.GetUtcNow(), owners[0].Time);
        Assert.Equal(manifest, owners[1]);
    }

    [Fact]
    public async Task A_young_lease_is_found_however_many_manifests_name_the_blob()
    {
        for (int i = 0; i < 50; i++)
        {
            await Root.PushImageAsync(Repo, $"{i}");
        }

        Digest shared = Sha256(TestManifest.BlobsOf("0")[1]);
        Time.Advance(Options.GracePeriod);
        await HeadAsync(shared);
        await HeadAsync(shared);

        Assert.Single(await OwnersAsync(Repo, shared), owner => owner.Time == Time.GetUtcNow());
    }

    [Fact]
    public async Task The_old_lease_goes_only_after_the_new_one_is_there()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        Time.Advance(Options.GracePeriod);
        var store = new HookedStore(Store);
        var refs = new List<int>();
        store.After = async call =>
        {
            if (call.Changes)
            {
                refs.Add((await KeysAsync(ContentKeys.Refs(digest, Repo))).Count);
            }
        };

        Assert.NotNull(await Node(store).Blobs.FindAsync(Repo, digest, forPush: true, Cancel));

        Assert.Equal([2, 1], refs);
    }

    // A ref that is written before the record is read is seen by a collector, or the collector is seen by who wrote the ref.
    [Fact]
    public async Task The_record_is_read_after_the_ref_was_written()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        Time.Advance(Options.GracePeriod);
        var calls = new List<StoreCall>();
        var store = new HookedStore(Store)
        {
            After = call =>
            {
                calls.Add(call);
                return ValueTask.CompletedTask;
            },
        };

        await Node(store).Blobs.FindAsync(Repo, digest, forPush: true, Cancel);
        await Node(store).Blobs.MountAsync(OtherRepo, Repo, digest, Ids.Next(), Cancel);

        int[] leases = [.. Indexes(calls, static call => call.Is(StoreOperation.Put, "refs/"))];
        int[] reads = [.. Indexes(calls, static call => call.Is(StoreOperation.Get, "blobs/"))];
        Assert.Equal(2, leases.Length);
        Assert.Equal(2, reads.Length);
        Assert.True(leases[0] < reads[0] && reads[0] < leases[1] && leases[1] < reads[1]);
    }

    private static IEnumerable<int> Indexes(List<StoreCall> calls, Func<StoreCall, bool> matches) => Enumerable.Range(0, calls.Count).Where(i => matches(calls[i]));

    public static TheoryData<string> Users => ["head", "mount", "upload", "manifest"];

    private async Task UseAsync(ContentRoot root, string user, Digest digest)
    {
        switch (user)
        {
            case "head":
                Assert.NotNull(await root.Blobs.FindAsync(Repo, digest, forPush: true, Cancel));
                break;
            case "mount":
                Assert.True(await root.Blobs.MountAsync(OtherRepo, Repo, digest, Ids.Next(), Cancel));
                break;
            case "upload":
                await root.PushBlobAsync(OtherRepo, Bytes(100));
                break;
            default:
                await root.PushAsync(Repo, TestManifest.Image(digest, []));
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Users))]
    public async Task Whoever_needs_a_condemned_blob_brings_it_back(string user)
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        await SetStateAsync(digest, BlobState.Condemned);
        Assert.Equal(Bytes(100), await Root.ReadBlobAsync(Repo, digest));
        Assert.Equal(BlobState.Condemned, (await BlobRecordAsync(digest))!.Record.State);

        await UseAsync(Root, user, digest);

        BlobRecord record = (await BlobRecordAsync(digest))!.Record;
        Assert.Equal((BlobState.Live, null), (record.State, record.CondemnedAt));
    }

    [Theory]
    [MemberData(nameof(Users))]
    public async Task A_condemned_blob_comes_back_also_when_others_bring_it_back_at_the_same_moment(string user)
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        await SetStateAsync(digest, BlobState.Condemned);
        var store = new HookedStore(Store);
        int races = 0;
        store.Before = async call =>
        {
            if (call.Is(StoreOperation.Put, "blobs/") && races++ < 3)
            {
                await SetStateAsync(digest, races < 3 ? BlobState.Condemned : BlobState.Live);
            }
        };

        await UseAsync(Node(store), user, digest);

        Assert.InRange(races, 1, 3);
        Assert.Equal(BlobState.Live, (await BlobRecordAsync(digest))!.Record.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_blob_that_is_gone_is_not_there(bool forPush)
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        await SetStateAsync(digest, BlobState.Gone);

        Assert.Null(await Root.Blobs.FindAsync(Repo, digest, forPush, Cancel));
        Assert.False(await Root.Blobs.DeleteAsync(Repo, digest, Cancel));
    }

    [Fact]
    public async Task A_blob_that_goes_while_it_is_brought_back_is_not_there()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        await SetStateAsync(digest, BlobState.Condemned);
        var store = new HookedStore(Store);
        store.OnceBefore(call => call.Is(StoreOperation.Put, "blobs/"), async () => await SetStateAsync(digest, BlobState.Gone));

        Assert.Null(await Node(store).Blobs.FindAsync(Repo, digest, forPush: true, Cancel));
    }
}
