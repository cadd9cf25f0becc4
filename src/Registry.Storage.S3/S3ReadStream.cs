using Amazon.S3.Model;

namespace Registry.Storage.S3;

/// <summary>
/// Reads a stretch of an object, and counts. Where the connection ends early it goes on with a new one, as long as the object is the same; else it throws.
/// </summary>
internal sealed class S3ReadStream(S3Bucket bucket, string bucketKey, GetObjectResponse opened, long offset, long length) : Stream
{
    private const int MaxResumes = 3;

    private readonly string etag = opened.ETag;
    private GetObjectResponse response = opened;
    private long done;
    private int resumes;
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

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        buffer = buffer[..(int)Math.Min(buffer.Length, length - done)];
        while (!buffer.IsEmpty)
        {
            Exception? fault = null;
            try
            {
                int count = await response.ResponseStream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (count > 0)
                {
                    done += count;
                    return count;
                }
            }
            catch (Exception e) when (S3Faults.IsUnavailable(e) && !cancellationToken.IsCancellationRequested)
            {
                fault = e;
            }

            await ResumeAsync(fault, cancellationToken).ConfigureAwait(false);
        }

        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        ObjectDisposedException.ThrowIf(disposed, this);
        count = (int)Math.Min(count, length - done);
        if (count == 0)
        {
            return 0;
        }

        int read = response.ResponseStream.Read(buffer, offset, count);
        done += read;
        return read > 0 ? read : throw Broken(null);
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
            response.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask ResumeAsync(Exception? fault, CancellationToken cancellationToken)
    {
        if (++resumes > MaxResumes)
        {
            throw Broken(fault);
        }

        GetObjectResponse? next = (await bucket.GetAsync(bucketKey, new ByteRange(offset + done, offset + length - 1), cancellationToken).ConfigureAwait(false)).Response;
        if (next is null || next.ETag != etag)
        {
            next?.Dispose();
            throw Broken(fault);
        }

        response.Dispose();
        response = next;
    }

    private IOException Broken(Exception? cause) =>
        new($"Reading '{bucketKey}' ended after {done} of {length} bytes, and cannot go on.", cause);
}
