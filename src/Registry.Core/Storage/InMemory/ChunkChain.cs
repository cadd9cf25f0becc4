namespace Registry.Storage.InMemory;

/// <summary>
/// The bytes of an upload up to some point, as its last chunk and the chain before it. Chains are immutable and share what they have in common, so
/// that every token of an upload can keep standing for its own bytes at no cost.
/// </summary>
internal sealed class ChunkChain
{
    private readonly ChunkChain? previous;
    private readonly ReadOnlyMemory<byte> chunk;
    private readonly int count;

    private ChunkChain(ChunkChain? previous, ReadOnlyMemory<byte> chunk)
    {
        this.previous = previous;
        this.chunk = chunk;
        count = previous is null ? 0 : previous.count + 1;
        Length = previous is null ? 0 : previous.Length + chunk.Length;
    }

    public static ChunkChain Empty { get; } = new(null, default);

    public long Length { get; }

    /// <summary>The chain with one more chunk, whose bytes nobody changes from now on.</summary>
    public ChunkChain Append(ReadOnlyMemory<byte> bytes) => bytes.IsEmpty ? this : new ChunkChain(this, bytes);

    public ReadOnlyMemory<byte>[] ToArray()
    {
        var chunks = new ReadOnlyMemory<byte>[count];
        ChunkChain node = this;
        for (int i = count - 1; i >= 0; i--)
        {
            chunks[i] = node.chunk;
            node = node.previous!;
        }

        return chunks;
    }
}
