using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Registry.AspNetCore.Transport;

/// <summary>Hands out pools of blocks that are large enough for one receive to take what a fast sender has sent meanwhile.</summary>
internal sealed class TransferBlocksFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new TransferBlocks();
}

/// <summary>A pool of blocks that never move, so that sockets can use them as they are.</summary>
internal sealed class TransferBlocks : MemoryPool<byte>
{
    /// <summary>How many bytes a block has.</summary>
    public const int BlockBytes = 64 * 1024;

    // 16 MB stay for the next requests; what a peak needed beyond that is left to the collector.
    private const int MaxKept = 256;

    private readonly ConcurrentQueue<Block> _free = new();
    private int _kept;

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (_free.TryDequeue(out Block? block))
        {
            Interlocked.Decrement(ref _kept);
            return block;
        }

        return new Block(this);
    }

    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _kept) <= MaxKept)
        {
            _free.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _kept);
        }
    }

    private sealed class Block : IMemoryOwner<byte>
    {
        private readonly TransferBlocks _pool;

        public Block(TransferBlocks pool)
        {
            _pool = pool;
            Memory = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);
        }

        public Memory<byte> Memory { get; }

        public void Dispose() => _pool.Return(this);
    }
}
