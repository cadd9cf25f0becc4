using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Registry.Bench.Content;

/// <summary>Makes blobs that differ from all others of the run, with their digests computed before any clock starts.</summary>
internal sealed class BlobSource(ulong seed) : IDisposable
{
    /// <summary>Blobs from this length in bytes on share their first bytes, so that hashing sixteen blobs of 1 GB costs one.</summary>
    private const long SharedPrefixFrom = 1_000_000;

    private readonly RandomBlock block = new(seed);
    private readonly Dictionary<long, IncrementalHash> prefixes = [];
    private SplitMix64 random = new(~seed);

    /// <param name="length">In bytes, from <see cref="Blob.TailLength"/> on.</param>
    public Blob Create(long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Blob.TailLength);
        var tail = new byte[Blob.TailLength];
        for (var i = 0; i < tail.Length; i += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(tail.AsSpan(i), random.Next());
        }

        var shared = length >= SharedPrefixFrom;
        var firstChunk = shared ? 0 : (int)(random.Next() % RandomBlock.ChunkCount);
        using var hash = shared ? SharedPrefix(length).Clone() : HashPrefix(firstChunk, length - Blob.TailLength);
        hash.AppendData(tail);
        return new Blob(block, firstChunk, length, tail, Digests.Format(hash.GetHashAndReset()));
    }

    public Blob[] CreateMany(int count, long length)
    {
        var blobs = new Blob[count];
        for (var i = 0; i < count; i++)
        {
            blobs[i] = Create(length);
        }

        return blobs;
    }

    public void Dispose()
    {
        foreach (var hash in prefixes.Values)
        {
            hash.Dispose();
        }
    }

    private IncrementalHash SharedPrefix(long length)
    {
        if (!prefixes.TryGetValue(length, out var hash))
        {
            hash = HashPrefix(0, length - Blob.TailLength);
            prefixes.Add(length, hash);
        }

        return hash;
    }

    private IncrementalHash HashPrefix(int firstChunk, long length)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var chunk = firstChunk; length > 0; chunk = (chunk + 1) % RandomBlock.ChunkCount)
        {
            var part = (int)Math.Min(length, RandomBlock.ChunkSize);
            hash.AppendData(block.Plain(chunk, 1)[..part]);
            length -= part;
        }

        return hash;
    }
}
