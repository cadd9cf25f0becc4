using System.Buffers.Text;

namespace Registry.Bench.Http;

/// <summary>A growing byte buffer that is cleared and used again, so that building a request costs no allocation.</summary>
internal sealed class ByteWriter(int capacity)
{
    private byte[] buffer = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public ByteWriter Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(buffer.AsSpan(Length));
        Length += bytes.Length;
        return this;
    }

    public ByteWriter Append(long number)
    {
        Reserve(20);
        Utf8Formatter.TryFormat(number, buffer.AsSpan(Length), out var written);
        Length += written;
        return this;
    }

    public ByteWriter Set(ReadOnlySpan<byte> bytes)
    {
        Clear();
        return Append(bytes);
    }

    private void Reserve(int more)
    {
        if (Length + more > buffer.Length)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + more));
        }
    }
}
