using System.Security.Cryptography;

namespace Registry.Storage.InMemory;

/// <summary>An immutable object, in the chunks it was written in.</summary>
internal sealed class StoredObject
{
    private readonly ReadOnlyMemory<byte>[] chunks;
    private readonly long[] starts;
    private string? etag;

    public StoredObject(ReadOnlyMemory<byte>[] chunks, DateTimeOffset lastModified)
    {
        this.chunks = chunks;
        LastModified = lastModified;
        starts = new long[chunks.Length];
        for (int i = 0; i < chunks.Length; i++)
        {
            starts[i] = Length;
            Length += chunks[i].Length;
        }
    }

    public long Length { get; }

    public DateTimeOffset LastModified { get; }

    /// <summary>The upload that it was, or 0: the upload is remembered for as long as the object is there.</summary>
    public long Upload { get; init; }

    /// <summary>A hash of the content. It is computed when first asked for: an uploaded blob's is hardly ever.</summary>
    public string ETag => etag ??= ComputeETag();

    public ReadOnlyMemory<byte> ToMemory()
    {
        if (chunks.Length == 1)
        {
            return chunks[0];
        }

        var whole = new byte[Length];
        int filled = 0;
        foreach (ReadOnlyMemory<byte> chunk in chunks)
        {
            chunk.CopyTo(whole.AsMemory(filled));
            filled += chunk.Length;
        }

        return whole;
    }

    public Stream OpenRead(long offset, long length)
    {
        int index = Array.BinarySearch(starts, offset);
        if (index < 0)
        {
            index = Math.Max(0, ~index - 1);
        }

        long inChunk = index < starts.Length ? offset - starts[index] : 0;
        return offset >= Length ? Stream.Null : new ChunkReadStream(chunks, index, (int)inChunk, Math.Min(length, Length - offset));
    }

    private string ComputeETag()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ReadOnlyMemory<byte> chunk in chunks)
        {
            hash.AppendData(chunk.Span);
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return Convert.ToHexStringLower(digest[..16]);
    }
}
