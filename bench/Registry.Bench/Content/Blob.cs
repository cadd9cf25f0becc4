using System.Text;
using Registry.Bench.Http;

namespace Registry.Bench.Content;

/// <summary>A blob that is not held in memory: chunks of the <see cref="RandomBlock"/>, then a tail that no other blob has.</summary>
internal sealed class Blob
{
    /// <summary>The length of the unique tail in bytes, and the smallest blob.</summary>
    public const int TailLength = 32;

    private const int ChunksPerWrite = 32;

    private readonly RandomBlock block;
    private readonly int firstChunk;
    private readonly byte[] tail;
    private readonly byte[] digest;

    public Blob(RandomBlock block, int firstChunk, long length, byte[] tail, string digest)
    {
        this.block = block;
        this.firstChunk = firstChunk;
        this.tail = tail;
        this.digest = Encoding.ASCII.GetBytes(digest);
        Length = length;
        DigestText = digest;
    }

    public long Length { get; }

    public ReadOnlySpan<byte> Digest => digest;

    public string DigestText { get; }

    public void WriteTo(HttpConnection connection)
    {
        var (fullChunks, rest) = Math.DivRem(Length - TailLength, RandomBlock.ChunkSize);
        for (var chunk = 0L; chunk < fullChunks;)
        {
            var (index, count) = Run(chunk, fullChunks);
            connection.Write(block.Plain(index, count));
            chunk += count;
        }

        connection.Write(block.Plain(IndexOf(fullChunks), 1)[..(int)rest]);
        connection.Write(tail);
    }

    public void WriteChunksTo(HttpConnection connection)
    {
        var (fullChunks, rest) = Math.DivRem(Length - TailLength, RandomBlock.ChunkSize);
        for (var chunk = 0L; chunk < fullChunks;)
        {
            var (index, count) = Run(chunk, fullChunks);
            connection.Write(block.Framed(index, count));
            chunk += count;
        }

        Span<byte> size = stackalloc byte[16];
        (rest + TailLength).TryFormat(size, out var digits, "x", provider: null);
        connection.Write(size[..digits]);
        connection.Write("\r\n"u8);
        connection.Write(block.Plain(IndexOf(fullChunks), 1)[..(int)rest]);
        connection.Write(tail);
        connection.Write("\r\n0\r\n\r\n"u8);
    }

    /// <summary>The chunks from <paramref name="chunk"/> on that lie next to each other in the block, up to one write's worth.</summary>
    private (int Index, int Count) Run(long chunk, long fullChunks)
    {
        var index = IndexOf(chunk);
        var count = Math.Min(ChunksPerWrite, Math.Min(fullChunks - chunk, RandomBlock.ChunkCount - index));
        return (index, (int)count);
    }

    private int IndexOf(long chunk) => (int)((firstChunk + chunk) % RandomBlock.ChunkCount);
}
