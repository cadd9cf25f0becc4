using System.Globalization;
using Amazon.S3.Model;

namespace Registry.Storage.S3;

/// <summary>
/// Reads a stretch of an object, and counts. Where the connection ends early or nothing comes for a while it goes on with a new one, as long as the object is the
/// same; else it throws.
/// </summary>
internal sealed class S3ReadStream(S3Bucket bucket, string bucketKey, GetObjectResponse opened, long offset, long length) : Stream
{
    private const int MaxResumes = 3;

    /// <summary>After so many bytes a connection is one that worked, and what broke before counts no more.</summary>
    private const long Progress = 1024 * 1024;

    /// <summary>The client's own time limit ends with the answer's head, so that a server that then falls silent would be waited for without end.</summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(60);

    private CancellationTokenSource silence = new(Timeout.InfiniteTimeSpan, bucket.Time);
    private readonly string etag = opened.ETag;
    private GetObjectResponse response = opened;
    private long done;
    private long resumedAt;
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
                int count = await ReadOnceAsync(buffer, cancellationToken).ConfigureAwait(false);
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
            silence.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadOnceAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        silence.CancelAfter(MaxSilence);
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), silence);
        try
        {
            return await response.ResponseStream.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"Nothing came for {MaxSilence.TotalSeconds:0} s.", e);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
            if (!silence.TryReset())
            {
                silence.Dispose();
                silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, bucket.Time);
            }
        }
    }

    private async ValueTask ResumeAsync(Exception? fault, CancellationToken cancellationToken)
    {
        resumes = done - resumedAt >= Progress ? 1 : resumes + 1;
        resumedAt = done;
        if (resumes > MaxResumes)
        {
            throw Broken(fault);
        }

        GetObjectResponse? next = (await bucket.GetAsync(bucketKey, new ByteRange(offset + done, offset + length - 1), cancellationToken).ConfigureAwait(false)).Response;
        if (next is null || next.ETag != etag || !IsRest(next))
        {
            next?.Dispose();
            throw Broken(fault);
        }

        response.Dispose();
        response = next;
    }

    // A server that ignores ranges sends the object from its beginning on.
    private bool IsRest(GetObjectResponse next) =>
        next.ContentLength == length - done
        && (offset + done == 0 || next.ContentRange?.Contains(string.Create(CultureInfo.InvariantCulture, $" {offset + done}-"), StringComparison.Ordinal) == true);

    private IOException Broken(Exception? cause) =>
        new($"Reading '{bucketKey}' ended after {done} of {length} bytes, and cannot go on.", cause);
}
