using System.Buffers;

namespace Registry.Storage.S3.Uploads;

/// <summary>Collects the bytes of one part in a pooled array that grows with them: most blobs never fill a part.</summary>
internal sealed class PartBuffer(int capacity, int expected) : IDisposable
{
    private const int Smallest = 64 * 1024;

    private byte[] array = ArrayPool<byte>.Shared.Rent(Math.Min(capacity, Math.Max(expected, Smallest)));

    public int Count { get; private set; }

    public int Free => capacity - Count;

    public ReadOnlyMemory<byte> Written => array.AsMemory(0, Count);

    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length).Span);

    /// <summary>Makes room that counts as written.</summary>
    public Memory<byte> Reserve(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Free);
        int needed = Count + count;
        if (needed > array.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(capacity, Math.Max(needed, 2L * array.Length)));
            array.AsSpan(0, Count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(array);
            array = larger;
        }

        Memory<byte> reserved = array.AsMemory(Count, count);
        Count = needed;
        return reserved;
    }

    public void Dispose()
    {
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
            array = [];
            Count = 0;
        }
    }
}
