using System.Buffers;

namespace Registry.Storage.Azure;

/// <summary>Appends to an upload in blocks, several of which are sent at a time.</summary>
internal sealed class BlockAppender(BlobUploads uploads, BlobFaults faults, AzureUploadToken token, AzureBlobObjectStoreOptions options) : ObjectAppender
{
    // A flush after a few bytes needs no buffer of megabytes.
    private const int SmallestBuffer = 128 * 1024;

    /// <summary>After how many blocks their size doubles.</summary>
    private const int BlocksPerSize = 5000;

    private readonly Queue<Task> inFlight = new();
    private readonly CancellationTokenSource lifetime = new();
    private readonly string chain = BlockRun.CreateChain();
    private readonly int blocksBefore = token.BlockCount;
    private byte[]? buffer;
    private int filled;
    private int sent;
    private long length = token.Length;
    private bool ended;

    public override long Length => length;

    private int BlockBytes => (int)Math.Min(options.MaxBlockBytes, (long)options.BlockBytes << Math.Min(12, (blocksBefore + sent) / BlocksPerSize));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => new(DoAsync(
        async () =>
        {
            while (!bytes.IsEmpty)
            {
                int blockBytes = BlockBytes;
                byte[] target = MakeRoom(Math.Min(blockBytes, (int)Math.Min(int.MaxValue, (long)filled + bytes.Length)), blockBytes);
                int count = Math.Min(bytes.Length, Math.Min(target.Length, blockBytes) - filled);
                bytes[..count].CopyTo(target.AsMemory(filled));
                filled += count;
                length += count;
                bytes = bytes[count..];
                if (filled == blockBytes)
                {
                    await SendAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            return true;
        },
        cancellationToken));

    public override ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken) => new(DoAsync(
        async () =>
        {
            await SendAllAsync(cancellationToken).ConfigureAwait(false);
            return Sent().ToToken();
        },
        cancellationToken));

    public override ValueTask<string?> CompleteAsync(CancellationToken cancellationToken) => new(DoAsync(
        async () =>
        {
            string? key;
            if (blocksBefore + sent == 0 && filled > 0)
            {
                // All of it fits in one block: it needs none, only a name of its own.
                AzureUploadToken named = token.With(new BlockRun(chain, 1), length);
                key = await uploads.CompleteAsync(named, buffer.AsMemory(0, filled), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await SendAllAsync(cancellationToken).ConfigureAwait(false);
                key = await uploads.CompleteAsync(Sent(), whole: null, cancellationToken).ConfigureAwait(false);
            }

            ended = true;
            return key;
        },
        cancellationToken));

    public override async ValueTask DisposeAsync()
    {
        ended = true;
        await lifetime.CancelAsync().ConfigureAwait(false);
        foreach (Task block in inFlight)
        {
            // What was not flushed is dropped, and so are its faults.
            await block.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        inFlight.Clear();
        buffer = null;
        lifetime.Dispose();
    }

    private AzureUploadToken Sent() => token.With(new BlockRun(chain, sent), length);

    private async Task<T> DoAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await work().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            ended = true;
            if (BlobFaults.IsForeign(e, cancellationToken) && !IsTranslated(e))
            {
                throw faults.Translate(e);
            }

            throw;
        }
    }

    // What a block met is translated where it happened.
    private static bool IsTranslated(Exception exception) => exception is IOException;

    private byte[] MakeRoom(int needed, int blockBytes)
    {
        if (buffer is null || buffer.Length < needed)
        {
            int size = Math.Min(blockBytes, Math.Max(SmallestBuffer, Math.Max(needed, 4 * filled)));
            byte[] larger = ArrayPool<byte>.Shared.Rent(size);
            if (buffer is { } smaller)
            {
                smaller.AsSpan(0, filled).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(smaller);
            }

            buffer = larger;
        }

        return buffer;
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        if (filled > 0)
        {
            await SendAsync(cancellationToken).ConfigureAwait(false);
        }

        while (inFlight.TryPeek(out Task? block))
        {
            await block.WaitAsync(cancellationToken).ConfigureAwait(false);
            _ = inFlight.Dequeue();
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        while (inFlight.Count >= options.BlocksInFlight)
        {
            await inFlight.Peek().WaitAsync(cancellationToken).ConfigureAwait(false);
            _ = inFlight.Dequeue();
        }

        if (blocksBefore + sent >= AzureUploadToken.MaxBlocks)
        {
            throw new IOException($"The upload to '{token.Key}' has {AzureUploadToken.MaxBlocks} blocks, and Azure takes no more. Upload it in fewer, larger pieces, or set {nameof(AzureBlobObjectStoreOptions.MaxBlockBytes)} higher.");
        }

        inFlight.Enqueue(StageAsync(new BlockRun(chain, sent + 1).BlockId(sent), buffer!, filled));
        sent++;
        buffer = null;
        filled = 0;
    }

    private async Task StageAsync(string blockId, byte[] block, int count)
    {
        try
        {
            await uploads.StageAsync(token.Key, blockId, block.AsMemory(0, count), lifetime.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (BlobFaults.IsForeign(e, lifetime.Token))
        {
            throw faults.Translate(e);
        }

        // After a fault something may still be reading it: then it is the garbage collector's.
        ArrayPool<byte>.Shared.Return(block);
    }
}
