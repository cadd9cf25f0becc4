using System.Runtime.InteropServices;

namespace Registry.Bench.Content;

/// <summary>
/// 64 MiB of random bytes that every blob's content is read from, over and over. It exists twice: plain, and cut into the chunks of a
/// chunked request, so that either kind of body is sent straight from memory without a copy or a gather list.
/// </summary>
internal sealed class RandomBlock
{
    /// <summary>The size of a chunk in bytes: what Go's HTTP client, and so the engines, send.</summary>
    public const int ChunkSize = 32 * 1024;

    public const int ChunkCount = 2048;

    private const int FrameStart = 6; // "8000\r\n"
    private const int FrameSize = FrameStart + ChunkSize + 2;

    private readonly byte[] plain = GC.AllocateUninitializedArray<byte>(ChunkSize * ChunkCount, pinned: true);
    private readonly byte[] framed = GC.AllocateUninitializedArray<byte>(FrameSize * ChunkCount, pinned: true);

    public RandomBlock(ulong seed)
    {
        var random = new SplitMix64(seed);
        foreach (ref var word in MemoryMarshal.Cast<byte, ulong>(plain.AsSpan()))
        {
            word = random.Next();
        }

        for (var i = 0; i < ChunkCount; i++)
        {
            var frame = framed.AsSpan(i * FrameSize, FrameSize);
            "8000\r\n"u8.CopyTo(frame);
            Plain(i, 1).CopyTo(frame[FrameStart..]);
            "\r\n"u8.CopyTo(frame[(FrameStart + ChunkSize)..]);
        }
    }

    public ReadOnlySpan<byte> Plain(int chunk, int count) => plain.AsSpan(chunk * ChunkSize, count * ChunkSize);

    /// <summary>The same chunks, each with its size line and line end.</summary>
    public ReadOnlySpan<byte> Framed(int chunk, int count) => framed.AsSpan(chunk * FrameSize, count * FrameSize);
}
