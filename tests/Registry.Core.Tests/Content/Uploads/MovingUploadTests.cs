using Registry.Content;
using Registry.Content.Uploads;
using Registry.Core.Tests.Simulation;
using Registry.Model;

namespace Registry.Core.Tests.Content.Uploads;

/// <summary>Uploads whose requests go to different nodes: any node may serve any request.</summary>
public sealed class MovingUploadTests : UploadTest
{
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Every_request_may_go_to_another_node(string algorithm)
    {
        ContentRoot[] nodes = [Root, Node(), Node()];
        byte[] bytes = Bytes(500_000);
        Digest digest = DigestAlgorithm.Find(algorithm)!.Compute(bytes);
        string id = await nodes[0].Uploads.StartAsync(Repo, DigestAlgorithm.Sha256, Cancel);
        const int Chunk = 70_000;
        int request = 0;
        for (int start = 0; start < bytes.Length; start += Chunk)
        {
            byte[] chunk = bytes[start..Math.Min(start + Chunk, bytes.Length)];
            Assert.Equal(UploadResult.Accepted(start + chunk.Length), await AppendAsync(nodes[++request % 3], id, chunk, new ChunkRange(start, chunk.Length)));
            Assert.Equal(UploadResult.Accepted(start + chunk.Length), await StatusAsync(id, nodes[(request + 1) % 3]));
        }

        Assert.Equal(UploadResult.Committed(digest, bytes.Length), await FinishAsync(nodes[++request % 3], id, digest));

        await AssertStoredAsync(digest, bytes, id);
    }

    [Fact]
    public async Task A_wrong_digest_is_noticed_however_the_upload_moved()
    {
        ContentRoot other = Node();
        byte[] bytes = Bytes(1_000);
        foreach (bool closeWithBody in new[] { false, true })
        {
            string id = await Root.StartAsync(Repo);
            await AppendAsync(Root, id, bytes[..100]);
            await AppendAsync(other, id, bytes[100..900]);

            await RefusedAsync(() => FinishAsync(Root, id, Sha256(bytes), closeWithBody ? bytes[901..] : null));

            await AssertDroppedAsync(id);
        }
    }

    [Fact]
    public async Task An_upload_that_moved_once_and_ends_without_bytes_is_not_read_again()
    {
        var store = new HookedStore(Store);
        ContentRoot other = Node(store);
        byte[] bytes = Bytes(1_000);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(Root, id, bytes);
        store.Before = static call => call.Operation == StoreOperation.OpenRead ? throw new InvalidOperationException("The bytes were read again.") : ValueTask.CompletedTask;

        Assert.Equal(UploadResult.Committed(Sha256(bytes), 1_000), await FinishAsync(other, id, Sha256(bytes)));

        store.Before = null;
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task An_upload_that_stays_is_never_read_again()
    {
        var store = new HookedStore(Store)
        {
            Before = static call => call.Operation == StoreOperation.OpenRead ? throw new InvalidOperationException("The bytes were read again.") : ValueTask.CompletedTask,
        };
        ContentRoot node = Node(store);
        byte[] bytes = Bytes(1_000);
        string id = await Root.StartAsync(Repo);
        for (int i = 0; i < 10; i++)
        {
            await AppendAsync(node, id, bytes[(i * 100)..((i + 1) * 100)]);
        }

        Assert.Equal(UploadResult.Committed(Sha256(bytes), 1_000), await FinishAsync(node, id, Sha256(bytes)));
    }

    [Fact]
    public async Task A_node_that_comes_back_after_others_went_on_does_not_go_on_from_its_old_hash()
    {
        ContentRoot other = Node();
        byte[] bytes = Bytes(400);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(Root, id, bytes[..100]);
        await AppendAsync(other, id, bytes[100..200]);
        await AppendAsync(Root, id, bytes[200..300]);
        await AppendAsync(other, id, bytes[300..]);

        Assert.Equal(UploadResult.Committed(Sha256(bytes), 400), await FinishAsync(Root, id, Sha256(bytes)));
    }

    [Fact]
    public async Task A_session_may_be_cancelled_anywhere()
    {
        ContentRoot other = Node();
        string id = await Root.StartAsync(Repo);
        await AppendAsync(Root, id, Bytes(100));

        Assert.True(await other.Uploads.CancelAsync(Repo, id, Cancel));

        await AssertDroppedAsync(id);
        Assert.Equal(UploadResult.Unknown, await AppendAsync(Root, id, Bytes(100)));
        Assert.Equal(UploadResult.Unknown, await FinishAsync(Root, id, Sha256(Bytes(100))));
    }

    [Fact]
    public async Task An_upload_goes_on_after_a_restart()
    {
        byte[] bytes = Bytes(100);
        string id;
        using (var before = new ContentRoot(Store.Share(), Options, Time))
        {
            id = await before.StartAsync(Repo);
            await AppendAsync(before, id, bytes[..60]);
        }

        await AppendAsync(Root, id, bytes[60..]);
        await FinishAsync(Root, id, Sha256(bytes));
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }
}
