namespace Registry.Storage.InMemory;

/// <summary>Reads a stretch of an object's chunks. It does not seek, since no store's stream has to.</summary>
internal sealed class ChunkReadStream(ReadOnlyMemory<byte>[] chunks, int index, int offset, long remaining) : Stream
{
    private bool disposed;

    public override bool CanRead => !disposed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        int copied = 0;
        while (copied < buffer.Length && remaining > 0)
        {
            ReadOnlySpan<byte> rest = chunks[index].Span[offset..];
            int count = (int)Math.Min(Math.Min(rest.Length, buffer.Length - copied), remaining);
            rest[..count].CopyTo(buffer[copied..]);
            copied += count;
            remaining -= count;
            offset += count;
            if (count == rest.Length)
            {
                index++;
                offset = 0;
            }
        }

        return copied;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromResult(Read(buffer.Span));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        disposed = true;
        base.Dispose(disposing);
    }
}
