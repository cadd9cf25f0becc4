using Registry.Content;
using Registry.Content.Records;
using Registry.Content.Uploads;
using Registry.Core.Tests.Simulation;
using Registry.Errors;
using Registry.Model;

namespace Registry.Core.Tests.Content.Uploads;

/// <summary>The moment in which bytes become a blob: what it meets in the blob's record, and who else is at work.</summary>
public sealed class BlobCommitTests : UploadTest
{
    [Fact]
    public async Task A_condemned_blob_is_revived_and_the_new_bytes_are_dropped()
    {
        byte[] bytes = Bytes(100);
        Digest digest = await Root.PushBlobAsync(Repo, bytes);
        string data = Assert.Single(await KeysAsync("data/"));
        await SetStateAsync(digest, BlobState.Condemned);

        await Root.PushBlobAsync(OtherRepo, bytes);

        BlobRecord record = (await BlobRecordAsync(digest))!.Record;
        Assert.Equal((BlobState.Live, data, null), (record.State, record.Data, record.CondemnedAt));
        Assert.Equal(data, Assert.Single(await KeysAsync("data/")));
    }

    [Fact]
    public async Task A_blob_that_is_gone_is_stored_anew_under_another_key()
    {
        byte[] bytes = Bytes(100);
        Digest digest = await Root.PushBlobAsync(Repo, bytes);
        string data = Assert.Single(await KeysAsync("data/"));
        await SetStateAsync(digest, BlobState.Gone);
        Assert.Null(await Root.ReadBlobAsync(Repo, digest));

        await Root.PushBlobAsync(Repo, bytes);

        Assert.NotEqual(data, Assert.Single(await KeysAsync("data/")));
        await AssertStoredAsync(digest, bytes);
    }

    [Theory]
    [InlineData("live", "condemned")]
    [InlineData("live", "gone")]
    [InlineData("condemned", "gone")]
    [InlineData("condemned", "live")]
    [InlineData("gone", "live")]
    [InlineData("gone", "nothing")]
    [InlineData("nothing", "live")]
    public async Task A_record_that_changes_while_a_blob_is_committed_is_read_again(string before, string after)
    {
        byte[] bytes = Bytes(100);
        Digest digest = Sha256(bytes);
        async Task BringAsync(string state)
        {
            if (state == "nothing")
            {
                await Store.DeleteAsync(ContentKeys.Blob(digest), Cancel);
            }
            else if (state == "live")
            {
                await Node().PushBlobAsync(OtherRepo, bytes);
            }
            else
            {
                await SetStateAsync(digest, Enum.Parse<BlobState>(state, ignoreCase: true));
            }
        }

        if (before != "nothing")
        {
            await BringAsync("live");
            await BringAsync(before);
        }

        var store = new HookedStore(Store);
        store.OnceAfter(call => call.Is(StoreOperation.Get, "blobs/"), async () => await BringAsync(after));

        await Node(store).PushBlobAsync(Repo, bytes);

        Assert.Equal(BlobState.Live, (await BlobRecordAsync(digest))!.Record.State);
        await AssertStoredAsync(digest, bytes);
    }

    // The order that keeps a sweeper of dead sessions from deleting the bytes of a blob that is just being committed: the committer reads the blob's record,
    // claims its session, and puts the record; the sweeper claims the session, rewrites the record that it may have raced with, and deletes the bytes.
    [Theory]
    [InlineData("nothing")]
    [InlineData("gone")]
    [InlineData("condemned")]
    public async Task A_sweeper_that_takes_a_slow_committer_s_session_never_leaves_a_blob_without_bytes(string before)
    {
        byte[] bytes = Bytes(100);
        Digest digest = Sha256(bytes);
        for (int step = 1; ; step++)
        {
            await ClearAsync();
            if (before != "nothing")
            {
                await Root.PushBlobAsync(OtherRepo, bytes);
                await SetStateAsync(digest, Enum.Parse<BlobState>(before, ignoreCase: true));
            }

            string id = await Root.StartAsync(Repo);
            await AppendAsync(id, bytes);
            var store = new HookedStore(Store);
            int calls = 0;
            bool swept = false;
            store.Before = async call =>
            {
                if (++calls == step)
                {
                    swept = true;
                    await SweepAsync(id, digest);
                }
            };

            UploadResult result = await FinishAsync(Node(store), id, digest);

            // A node that remembers nothing of the steps before.
            byte[]? stored = await Node().ReadBlobAsync(Repo, digest);
            Versioned<BlobRecord>? record = await BlobRecordAsync(digest);
            Assert.True(
                record is not { Record.State: not BlobState.Gone } || await Store.OpenReadAsync(record.Record.Data, 0, null, Cancel) is not null,
                $"Swept before operation {step}: the blob's record points at nothing.");
            Assert.True(result.Outcome != UploadOutcome.Accepted || stored is not null, $"Swept before operation {step}: the client heard that a blob is there that is not.");
            if (!swept)
            {
                break;
            }
        }
    }

    // What a sweeper does with a session that it takes for dead.
    private async Task SweepAsync(string id, Digest digest)
    {
        if (await Records.ReadAsync<UploadRecord>(ContentKeys.Upload(id), Cancel) is not { } session)
        {
            return;
        }

        Assert.True((await Records.PutAsync(ContentKeys.Upload(id), session.Record with { State = UploadState.Expired }, session, Cancel)).Won);
        Versioned<BlobRecord>? found = await BlobRecordAsync(digest);
        BlobRecord burned = found?.Record ?? new BlobRecord { State = BlobState.Gone, Data = ContentKeys.Data(id), Size = 0 };
        if (burned.State != BlobState.Gone && burned.Data == ContentKeys.Data(id))
        {
            return;
        }

        Assert.True((await Records.PutAsync(ContentKeys.Blob(digest), burned, found, Cancel)).Won);
        await Store.AbortUploadAsync(new Registry.Storage.UploadToken(session.Record.Token), Cancel);
        await Store.DeleteAsync(ContentKeys.Data(id), Cancel);
        await Store.DeleteAsync(ContentKeys.Upload(id), Cancel);
    }

    private async Task ClearAsync()
    {
        foreach (string key in await KeysAsync(""))
        {
            await Store.DeleteAsync(key, Cancel);
        }
    }

    // Rule of access: only who has shown the bytes may see them.
    [Fact]
    public async Task Claiming_another_repository_s_digest_never_makes_its_blob_visible()
    {
        byte[] secret = Bytes(100, seed: 1);
        byte[] bytes = Bytes(100, seed: 2);
        foreach (DigestAlgorithm algorithm in new[] { DigestAlgorithm.Sha256, DigestAlgorithm.Sha512 })
        {
            Digest digest = algorithm.Compute(secret);
            string pushed = await Root.Uploads.StartAsync(OtherRepo, algorithm, Cancel);
            await Root.Uploads.FinishAsync(OtherRepo, pushed, [digest], Body(secret), null, Cancel);
            foreach (bool moved in new[] { false, true })
            {
                var store = new HookedStore(Store);
                ContentRoot node = Node(store);
                bool seen = false;
                store.After = async _ => seen |= await Root.Blobs.FindAsync(Repo, digest, forPush: false, Cancel) is not null;
                string id = await node.StartAsync(Repo);
                await AppendAsync(node, id, bytes);
                await AppendAsync(moved ? Root : node, id, bytes);

                Assert.Equal(RegistryErrorCode.DigestInvalid, await RefusedAsync(() => FinishAsync(node, id, digest, bytes)));

                Assert.False(seen);
                Assert.Null(await Root.ReadBlobAsync(Repo, digest));
            }
        }
    }

    [Fact]
    public async Task A_blob_is_kept_for_the_grace_period_from_when_it_was_there_and_not_from_when_its_upload_began()
    {
        byte[] bytes = Bytes(100);
        string id = await Root.StartAsync(Repo);
        Time.Advance(Options.GracePeriod * 2);
        DateTimeOffset finished = Time.GetUtcNow();
        await FinishAsync(id, Sha256(bytes), bytes);

        string lease = Assert.Single(await KeysAsync(ContentKeys.Refs(Sha256(bytes), Repo)));
        Assert.True(ContentKeys.TryParseRefOwner(lease, out RefOwner owner));
        Assert.Null(owner.Manifest);
        Assert.Equal(finished, owner.Time);
    }

    [Fact]
    public async Task The_bytes_are_read_once_for_each_algorithm_however_many_digests_are_given()
    {
        byte[] bytes = Bytes(100);
        var store = new HookedStore(Store);
        int reads = 0;
        store.Before = call =>
        {
            reads += call.Operation == StoreOperation.OpenRead ? 1 : 0;
            return ValueTask.CompletedTask;
        };
        ContentRoot other = Node(store);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(Root, id, bytes[..50]);
        await AppendAsync(other, id, bytes[50..]);

        await other.Uploads.FinishAsync(Repo, id, [.. Enumerable.Repeat(Sha256(bytes), 20), .. Enumerable.Repeat(Sha512(bytes), 20)], null, null, Cancel);

        Assert.Equal(2, reads);
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task A_repository_exists_once_it_has_a_blob()
    {
        Assert.False(await Root.Catalog.ExistsAsync(Repo, Cancel));
        string id = await Root.StartAsync(Repo);
        await AppendAsync(id, [1]);
        Assert.False(await Root.Catalog.ExistsAsync(Repo, Cancel));

        await FinishAsync(id, Sha256([1]));

        Assert.True(await Node().Catalog.ExistsAsync(Repo, Cancel));
    }

    // A process that stops anywhere while it finishes an upload leaves a blob that is whole or none, and whoever uploads it again succeeds.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_that_stops_while_it_finishes_leaves_no_half_of_a_blob(bool afterEffect)
    {
        byte[] bytes = Bytes(100);
        int dieAt = 0;
        DyingStore dying;
        do
        {
            dieAt++;
            await ClearAsync();
            string id = await Root.StartAsync(Repo);
            await AppendAsync(id, bytes[..50]);
            dying = new DyingStore(Store, dieAt, afterEffect);
            Exception? stopped = await Record.ExceptionAsync(() => FinishAsync(Node(dying), id, Sha256(bytes), bytes[50..]));
            Assert.Equal(dying.Died, stopped is not null);

            byte[]? left = await Root.ReadBlobAsync(Repo, Sha256(bytes));
            Assert.True(left is null || bytes.AsSpan().SequenceEqual(left), $"operation {dieAt}");

            UploadResult again = await FinishAsync(id, Sha256(bytes), (await StatusAsync(id)) is { Outcome: UploadOutcome.Accepted, Offset: var offset } ? bytes[(int)offset..] : null);
            if (again.Outcome != UploadOutcome.Accepted)
            {
                await Root.PushBlobAsync(Repo, bytes);
            }

            Assert.Equal(bytes, await Root.ReadBlobAsync(Repo, Sha256(bytes)));
        }
        while (dying.Died);

        Assert.InRange(dieAt, 8, 30);
    }
}
