using Registry.Content.Uploads;
using Registry.Core.Tests.Simulation;
using Registry.Storage;

namespace Registry.Core.Tests.Content.Uploads;

/// <summary>Bodies that break off and clients that leave.</summary>
public sealed class BrokenUploadTests : UploadTest
{
    [Fact]
    public async Task What_arrived_before_a_connection_broke_is_kept_and_gone_on_from()
    {
        byte[] bytes = Bytes(1_000_000);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(id, bytes[..10]);
        var body = new UploadBody(new ScriptedStream((bytes[10..900_000], ScriptedStream.Break)), null);

        await Assert.ThrowsAsync<IOException>(async () => await Root.Uploads.AppendAsync(Repo, id, body, null, Cancel));

        int kept = (int)(await StatusAsync(id)).Offset;
        Assert.Equal(900_000, kept);
        Assert.Equal(UploadResult.OutOfOrder(kept), await AppendAsync(id, bytes[10..20], new ChunkRange(10, 10)));
        await AppendAsync(id, bytes[kept..], new ChunkRange(kept, bytes.Length - kept));
        await FinishAsync(id, Sha256(bytes));
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task What_arrived_of_a_ranged_chunk_before_a_connection_broke_is_kept_too()
    {
        byte[] bytes = Bytes(600_000);
        string id = await Root.StartAsync(Repo);
        var body = new UploadBody(new ScriptedStream((bytes[..550_000], ScriptedStream.Break)), 600_000);

        await Assert.ThrowsAsync<IOException>(async () => await Root.Uploads.AppendAsync(Repo, id, body, new ChunkRange(0, 600_000), Cancel));

        int kept = (int)(await StatusAsync(id)).Offset;
        Assert.Equal(550_000, kept);
        await FinishAsync(id, Sha256(bytes), bytes[kept..], new ChunkRange(kept, bytes.Length - kept));
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task A_closing_request_that_breaks_off_leaves_a_session_that_tells_the_truth(string algorithm)
    {
        byte[] bytes = Bytes(1_000_000);
        string id = await Root.StartAsync(Repo);
        var digest = Registry.Model.DigestAlgorithm.Find(algorithm)!.Compute(bytes);
        var body = new UploadBody(new ScriptedStream((bytes[..700_000], ScriptedStream.Break)), bytes.Length);

        await Assert.ThrowsAsync<IOException>(async () => await Root.Uploads.FinishAsync(Repo, id, [digest], body, null, Cancel));

        int kept = (int)(await StatusAsync(id)).Offset;
        await FinishAsync(id, digest, bytes[kept..], new ChunkRange(kept, bytes.Length - kept));
        await AssertStoredAsync(digest, bytes, id);
    }

    [Fact]
    public async Task What_arrived_of_a_short_body_that_breaks_off_is_kept_too()
    {
        byte[] bytes = Bytes(1_000);
        string id = await Root.StartAsync(Repo);
        var body = new UploadBody(new ScriptedStream((bytes[..500], ScriptedStream.Break)), 1_000);

        await Assert.ThrowsAsync<IOException>(async () => await Root.Uploads.AppendAsync(Repo, id, body, null, Cancel));

        int kept = (int)(await StatusAsync(id)).Offset;
        Assert.Equal(500, kept);
        await FinishAsync(id, Sha256(bytes), bytes[kept..]);
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task What_arrived_before_the_client_left_is_kept_also_when_it_left_during_a_write_to_the_store()
    {
        byte[] bytes = Bytes(1_000_000);
        using var left = new CancellationTokenSource();
        var store = new HookedStore(Store);
        int writes = 0;
        store.Before = async call =>
        {
            if (call.Operation == StoreOperation.AppenderWrite && ++writes == 3)
            {
                await left.CancelAsync();
            }
        };
        string id = await Root.StartAsync(Repo);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Node(store).Uploads.AppendAsync(Repo, id, Streamed(bytes), null, left.Token));

        int kept = (int)(await StatusAsync(id)).Offset;
        Assert.InRange(kept, 500_000, 900_000);
        await FinishAsync(id, Sha256(bytes), bytes[kept..]);
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task A_client_that_left_before_it_was_served_changes_nothing()
    {
        string id = await Root.StartAsync(Repo);
        var left = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Root.Uploads.AppendAsync(Repo, id, Body([1]), null, left));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Root.Uploads.FinishAsync(Repo, id, [Sha256([1])], Body([1]), null, left));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Root.Uploads.FinishAsync(Repo, id, [Sha256([])], null, null, left));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Root.Uploads.CancelAsync(Repo, id, left));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Root.Uploads.StatusAsync(Repo, id, left));

        Assert.Equal(UploadResult.Accepted(0), await StatusAsync(id));
    }

    [Fact]
    public async Task A_client_that_leaves_while_its_blob_is_committed_does_not_stop_that()
    {
        byte[] bytes = Bytes(1_000);
        using var left = new CancellationTokenSource();
        var store = new HookedStore(Store);
        string id = await Root.StartAsync(Repo);
        store.OnceAfter(call => call.Is(StoreOperation.Put, "uploads/"), async () => await left.CancelAsync());

        await Node(store).Uploads.FinishAsync(Repo, id, [Sha256(bytes)], Body(bytes), null, left.Token);

        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task A_client_that_waits_for_its_turn_and_leaves_frees_the_way_for_others()
    {
        byte[] bytes = Bytes(100);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string id = await Root.StartAsync(Repo);
        var slow = new UploadBody(new ScriptedStream((bytes[..50], _ => release.Task)), null);
        Task<UploadResult> first = Root.Uploads.AppendAsync(Repo, id, slow, null, Cancel).AsTask();
        using var left = new CancellationTokenSource();
        Task<UploadResult> second = Root.Uploads.AppendAsync(Repo, id, Body(bytes), null, left.Token).AsTask();

        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await second);
        release.SetResult();

        Assert.Equal(UploadResult.Accepted(50), await first);
        await FinishAsync(id, Sha256(bytes), bytes[50..]);
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task A_store_that_fails_while_a_chunk_is_written_leaves_the_session_as_it_was()
    {
        byte[] bytes = Bytes(600_000);
        foreach (StoreOperation failing in new[] { StoreOperation.OpenAppend, StoreOperation.AppenderWrite, StoreOperation.AppenderFlush, StoreOperation.Put })
        {
            var store = new HookedStore(Store);
            string id = await Root.StartAsync(Repo);
            await AppendAsync(id, bytes[..100]);
            store.OnceBefore(call => call.Operation == failing, static () => throw new StoreUnavailableException());

            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Node(store).Uploads.AppendAsync(Repo, id, Body(bytes[100..]), null, Cancel));

            Assert.Equal(UploadResult.Accepted(100), await StatusAsync(id));
            Assert.Equal(UploadResult.Committed(Sha256(bytes), bytes.Length), await FinishAsync(id, Sha256(bytes), bytes[100..]));
        }
    }

    [Fact]
    public async Task A_chunk_whose_saving_was_answered_too_late_is_there_and_counts()
    {
        byte[] bytes = Bytes(100);
        var store = new HookedStore(Store);
        string id = await Root.StartAsync(Repo);
        store.OnceAfter(call => call.Is(StoreOperation.Put, "uploads/"), static () => throw new StoreUnavailableException());

        Assert.Equal(UploadResult.Accepted(60), await AppendAsync(Node(store), id, bytes[..60]));

        await FinishAsync(id, Sha256(bytes), bytes[60..]);
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }
}
