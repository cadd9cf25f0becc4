using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>A part of a file as a stream.</summary>
/// <remarks>
/// What is in the page cache is read at once, on the caller's thread: that is twice as fast as handing each piece over. Only what has to come from the disk
/// is read on the store's threads.
/// </remarks>
internal sealed class FileSlice(FileStream file, long offset, long length, IoThreads<IoWork> readers, FileFaults faults) : Stream
{
    private readonly SafeFileHandle _handle = file.SafeFileHandle;
    private readonly long _start = offset;
    private readonly long _end = offset + length;
    private long _position = offset;
    private bool _readsCached = !OperatingSystem.IsWindows() && LibC.CanReadCached;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _end - _start;

    public override long Position
    {
        get => _position - _start;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        Span<byte> wanted = buffer[..Limit(buffer.Length)];
        return wanted.IsEmpty ? 0 : Advance(RandomAccess.Read(_handle, wanted, _position));
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        Memory<byte> wanted = buffer[..Limit(buffer.Length)];
        if (wanted.IsEmpty)
        {
            return new(0);
        }

        if (_readsCached && !OperatingSystem.IsWindows())
        {
            int read = LibC.ReadCached(_handle, wanted.Span, _position, out _readsCached);
            if (read > 0)
            {
                return new(Advance(read));
            }
        }

        return ReadFromDiskAsync(wanted, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadFromDiskAsync(Memory<byte> wanted, CancellationToken cancellationToken)
    {
        var read = new IoWork<int>(() => RandomAccess.Read(_handle, wanted.Span, _position), faults, cancellationToken);
        await readers.EnqueueAsync(read, cancellationToken).ConfigureAwait(false);
        return Advance(await read.Done.ConfigureAwait(false));
    }

    private int Limit(int count) => (int)Math.Min(count, _end - _position);

    private int Advance(int read)
    {
        if (read == 0)
        {
            // Objects never shrink, so a disk fault or a stranger's hand did it. An early end would pass for the whole.
            throw new IOException($"The object's file ended {_end - _position} bytes early.");
        }

        _position += read;
        return read;
    }
}
