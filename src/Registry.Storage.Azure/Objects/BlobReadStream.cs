using Azure.Storage.Blobs.Models;

namespace Registry.Storage.Azure;

/// <summary>
/// Reads what was downloaded, and sees to it that all of it comes. The client library goes on where a connection broke, with the ETag that it began
/// with as the condition, so that no other bytes can follow.
/// </summary>
internal sealed class BlobReadStream(BlobDownloadStreamingResult download, CancellationTokenSource lifetime, BlobFaults faults, string name) : Stream
{
    private readonly Stream content = download.Content;
    private long remaining = download.Details.ContentLength;
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
        ObjectDisposedException.ThrowIf(disposed, this);
        try
        {
            return Count(content.Read(buffer, offset, count), count);
        }
        catch (Exception e) when (e is not EndOfStreamException && BlobFaults.IsForeign(e, CancellationToken.None))
        {
            throw faults.Translate(e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Count(await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false), buffer.Length);
        }
        catch (Exception e) when (e is not EndOfStreamException && BlobFaults.IsForeign(e, cancellationToken))
        {
            throw faults.Translate(e);
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !disposed)
        {
            disposed = true;
            lifetime.Cancel();
            download.Dispose();
            lifetime.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(int read, int wanted)
    {
        remaining -= read;
        return read > 0 || wanted == 0 || remaining <= 0
            ? read
            : throw new EndOfStreamException($"The answer for '{name}' ended {remaining} bytes early.");
    }
}
