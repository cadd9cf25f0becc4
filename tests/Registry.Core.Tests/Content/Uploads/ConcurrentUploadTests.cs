using Registry.Content;
using Registry.Content.Records;
using Registry.Content.Uploads;
using Registry.Core.Tests.Simulation;
using Registry.Errors;

namespace Registry.Core.Tests.Content.Uploads;

/// <summary>Several requests to one session at once, and several sessions of one blob.</summary>
public sealed class ConcurrentUploadTests : UploadTest
{
    /// <summary>Starts a request whose body is held back after some bytes, and waits until these were read.</summary>
    private static async Task<(Task<UploadResult> Request, TaskCompletionSource Release)> HoldAsync(
        Func<UploadBody, Task<UploadResult>> request, byte[] bytes)
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task Wait(CancellationToken cancellationToken)
        {
            read.TrySetResult();
            return release.Task;
        }

        Task<UploadResult> running = request(new UploadBody(new ScriptedStream((bytes, Wait)), null));
        await read.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        return (running, release);
    }

    // P11
    [Fact]
    public async Task Two_appenders_on_one_node_take_turns()
    {
        byte[] bytes = Bytes(200);
        string id = await Root.StartAsync(Repo);
        (Task<UploadResult> first, TaskCompletionSource release) = await HoldAsync(body => Root.Uploads.AppendAsync(Repo, id, body, null, Cancel).AsTask(), bytes[..100]);
        Task<UploadResult> second = AppendAsync(id, bytes[100..]);
        Task<UploadResult> ranged = AppendAsync(id, bytes[..100], new ChunkRange(0, 100));

        Assert.False(second.IsCompleted);
        release.SetResult();

        Assert.Equal(UploadResult.Accepted(100), await first);
        Assert.Equal(UploadResult.Accepted(200), await second);
        Assert.Equal(UploadOutcome.OutOfOrder, (await ranged).Outcome);
        await FinishAsync(id, Sha256(bytes));
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_appenders_on_two_nodes_one_is_out_of_order_and_bytes_never_mix(bool oneAppender)
    {
        var store = new OneAppenderStore(Store);
        (ContentRoot here, ContentRoot there) = oneAppender ? (Node(store), Node(store)) : (Node(), Node());
        byte[] bytes = Bytes(200);
        string id = await Root.StartAsync(Repo);
        (Task<UploadResult> first, TaskCompletionSource release) = await HoldAsync(body => here.Uploads.AppendAsync(Repo, id, body, null, Cancel).AsTask(), bytes[..100]);

        UploadResult second = await AppendAsync(there, id, bytes[100..]);
        release.SetResult();
        UploadResult held = await first;

        Assert.Equal(oneAppender ? UploadResult.OutOfOrder(0) : UploadResult.Accepted(100), second);
        Assert.Equal(oneAppender ? UploadResult.Accepted(100) : UploadResult.OutOfOrder(100), held);
        byte[] kept = oneAppender ? bytes[..100] : bytes[100..];
        Assert.Equal(UploadResult.Committed(Sha256(kept), 100), await FinishAsync(there, id, Sha256(kept)));
        await AssertStoredAsync(Sha256(kept), kept, id);
    }

    [Fact]
    public async Task Many_appenders_at_once_make_a_blob_of_whole_chunks()
    {
        ContentRoot[] nodes = [Root, Node(), Node()];
        string id = await Root.StartAsync(Repo);
        const int Chunk = 1_000;

        UploadResult[] results = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(
            () => AppendAsync(nodes[i % 3], id, [.. Enumerable.Repeat((byte)i, Chunk)]), Cancel)));

        long length = (await StatusAsync(id)).Offset;
        int accepted = results.Count(static result => result.Outcome == UploadOutcome.Accepted);
        Assert.Equal(accepted * Chunk, length);
        Assert.InRange(accepted, 1, 30);
        byte[] expected = [.. results.Select(static (result, i) => (result, i)).Where(static pair => pair.result.Outcome == UploadOutcome.Accepted)
            .OrderBy(static pair => pair.result.Offset).SelectMany(static pair => Enumerable.Repeat((byte)pair.i, Chunk))];
        Assert.Equal(UploadResult.Committed(Sha256(expected), length), await FinishAsync(id, Sha256(expected)));
        await AssertStoredAsync(Sha256(expected), expected, id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_finishers_one_stores_the_blob(bool twoNodes)
    {
        ContentRoot other = twoNodes ? Node() : Root;
        byte[] bytes = Bytes(1_000);
        for (int round = 0; round < 50; round++)
        {
            string id = await Root.StartAsync(Repo);
            await AppendAsync(id, bytes);

            UploadResult[] results = await Task.WhenAll(
                Task.Run(() => FinishAsync(Root, id, Sha256(bytes)), Cancel),
                Task.Run(() => FinishAsync(other, id, Sha256(bytes)), Cancel));

            Assert.Single(results, UploadResult.Committed(Sha256(bytes), 1_000));
            Assert.Single(results, UploadResult.Unknown);
            await AssertStoredAsync(Sha256(bytes), bytes, id);
        }
    }

    [Fact]
    public async Task Of_two_finishers_with_bodies_on_two_nodes_one_stores_its_own()
    {
        ContentRoot other = Node();
        byte[] bytes = Bytes(200);
        string id = await Root.StartAsync(Repo);
        (Task<UploadResult> first, TaskCompletionSource release) = await HoldAsync(
            body => Root.Uploads.FinishAsync(Repo, id, [Sha256(bytes.AsSpan(..100))], body, null, Cancel).AsTask(), bytes[..100]);

        UploadResult second = await FinishAsync(other, id, Sha256(bytes.AsSpan(100..)), bytes[100..]);
        release.SetResult();

        Assert.Equal(UploadResult.Committed(Sha256(bytes.AsSpan(100..)), 100), second);
        Assert.Equal(UploadResult.Unknown, await first);
        await AssertStoredAsync(Sha256(bytes.AsSpan(100..)), bytes[100..], id);
        Assert.Null(await Root.ReadBlobAsync(Repo, Sha256(bytes.AsSpan(..100))));
    }

    // F10
    [Fact]
    public async Task Many_sessions_of_one_blob_leave_one_copy_of_its_bytes()
    {
        ContentRoot[] nodes = [Root, Node(), Node()];
        byte[] bytes = Bytes(10_000);

        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(() => nodes[i % 3].PushBlobAsync(i % 2 == 0 ? Repo : OtherRepo, bytes), Cancel)));

        await AssertStoredAsync(Sha256(bytes), bytes);
        Assert.Equal(bytes, await Root.ReadBlobAsync(OtherRepo, Sha256(bytes)));
        Assert.Equal(BlobState.Live, (await BlobRecordAsync(Sha256(bytes)))!.Record.State);
    }

    [Fact]
    public async Task A_session_that_is_cancelled_while_bytes_arrive_stays_cancelled()
    {
        ContentRoot other = Node();
        byte[] bytes = Bytes(100);
        string id = await Root.StartAsync(Repo);
        (Task<UploadResult> append, TaskCompletionSource release) = await HoldAsync(body => Root.Uploads.AppendAsync(Repo, id, body, null, Cancel).AsTask(), bytes);

        Assert.True(await other.Uploads.CancelAsync(Repo, id, Cancel));
        release.SetResult();

        Assert.Equal(UploadResult.Unknown, await append);
        await AssertDroppedAsync(id);
    }

    [Fact]
    public async Task A_session_is_cancelled_also_when_bytes_are_saved_at_the_same_moment()
    {
        byte[] bytes = Bytes(100);
        var store = new HookedStore(Store);
        ContentRoot other = Node(store);
        string id = await Root.StartAsync(Repo);
        store.OnceBefore(call => call.Is(StoreOperation.Put, "uploads/"), async () => await AppendAsync(Root, id, bytes));

        Assert.True(await other.Uploads.CancelAsync(Repo, id, Cancel));

        await AssertDroppedAsync(id);
    }

    [Fact]
    public async Task A_session_is_cancelled_while_another_node_has_its_bytes_open()
    {
        var store = new OneAppenderStore(Store);
        (ContentRoot here, ContentRoot there) = (Node(store), Node(store));
        byte[] bytes = Bytes(100);
        string id = await Root.StartAsync(Repo);
        (Task<UploadResult> append, TaskCompletionSource release) = await HoldAsync(body => here.Uploads.AppendAsync(Repo, id, body, null, Cancel).AsTask(), bytes);

        Assert.True(await there.Uploads.CancelAsync(Repo, id, Cancel));
        release.SetResult();

        Assert.Equal(UploadResult.Unknown, await append);
        Assert.Equal(UploadResult.Unknown, await StatusAsync(id));
        Assert.Empty(await KeysAsync("data/"));
    }

    [Fact]
    public async Task A_closing_request_that_meets_an_open_appender_elsewhere_can_be_repeated()
    {
        var store = new OneAppenderStore(Store);
        (ContentRoot here, ContentRoot there) = (Node(store), Node(store));
        byte[] bytes = Bytes(200);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(there, id, bytes[..100]);
        (Task<UploadResult> append, TaskCompletionSource release) = await HoldAsync(body => here.Uploads.AppendAsync(Repo, id, body, null, Cancel).AsTask(), bytes[100..]);

        Assert.Equal(UploadResult.OutOfOrder(100), await FinishAsync(there, id, Sha256(bytes.AsSpan(..100))));
        release.SetResult();
        UploadResult held = await append;

        // The closing request's claim came between, so the bytes that were held may be refused; the session goes on from where it says it is.
        int offset = (int)(await StatusAsync(id)).Offset;
        Assert.Contains(offset, new[] { 100, 200 });
        Assert.Equal(offset, held.Offset);
        Assert.Equal(UploadResult.Committed(Sha256(bytes), 200), await FinishAsync(there, id, Sha256(bytes), bytes[offset..]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wrong_digest_is_told_also_by_a_store_with_one_appender_at_a_time(bool chunked)
    {
        ContentRoot node = Node(new OneAppenderStore(Store));
        byte[] bytes = Bytes(100);
        string id = await Root.StartAsync(Repo);
        if (chunked)
        {
            await AppendAsync(node, id, bytes[..50]);
        }

        Assert.Equal(RegistryErrorCode.DigestInvalid, await RefusedAsync(() => FinishAsync(node, id, Sha256("x"u8), chunked ? bytes[50..] : bytes)));

        await AssertDroppedAsync(id);
    }

    [Fact]
    public async Task Everything_works_with_a_store_that_has_one_appender_at_a_time()
    {
        ContentRoot node = Node(new OneAppenderStore(Store));
        byte[] bytes = Bytes(600_000);
        string id = await node.StartAsync(Repo);
        await AppendAsync(node, id, bytes[..200_000]);
        await RefusedAsync(() => AppendAsync(node, id, bytes, new ChunkRange(200_000, 5)));
        Assert.Equal(UploadOutcome.OutOfOrder, (await AppendAsync(node, id, bytes, new ChunkRange(5, 5))).Outcome);
        await AppendAsync(node, id, bytes[200_000..400_000]);

        await FinishAsync(node, id, Sha512(bytes), bytes[400_000..]);

        await AssertStoredAsync(Sha512(bytes), bytes, id);
    }
}
