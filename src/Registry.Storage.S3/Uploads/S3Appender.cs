using System.Security.Cryptography;

namespace Registry.Storage.S3.Uploads;

/// <summary>Collects parts in pooled buffers and sends several at a time.</summary>
internal sealed class S3Appender(S3Uploads uploads, S3UploadToken opened, List<UploadedPart> parts, PartBuffer buffer) : ObjectAppender
{
    private readonly CancellationTokenSource sending = new();
    private readonly Queue<Task<UploadedPart?>> inFlight = new();
    private PartBuffer buffer = buffer;
    private S3UploadToken token = opened;
    private string uploadId = opened.UploadId;
    private string suffix = opened.Suffix;
    private long length = opened.Length;
    private bool ended;
    private bool disposed;
    private bool completing;

    public override long Length => length;

    private int NextPart => parts.Count + inFlight.Count + 1;

    private string FinalKey => token.Key + suffix;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        while (!bytes.IsEmpty)
        {
            if (buffer.Free == 0)
            {
                await SendBufferAsync(cancellationToken).ConfigureAwait(false);
            }

            int count = Math.Min(bytes.Length, buffer.Free);
            buffer.Append(bytes.Span[..count]);
            length += count;
            bytes = bytes[count..];
        }

        ended = false;
    }

    public override async ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        if (length != token.Length)
        {
            if (buffer.Count >= PartSizes.Least)
            {
                await SendBufferAsync(cancellationToken).ConfigureAwait(false);
            }

            await ReceiveAllAsync(cancellationToken).ConfigureAwait(false);
            token = await KeepAsync(cancellationToken).ConfigureAwait(false);
        }

        ended = false;
        return token.ToToken();
    }

    public override async ValueTask<string?> CompleteAsync(CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        if (uploadId.Length == 0)
        {
            return await uploads.CompleteSmallAsync(token, buffer.Written, cancellationToken).ConfigureAwait(false);
        }

        if (buffer.Count > 0)
        {
            await SendBufferAsync(cancellationToken).ConfigureAwait(false);
        }

        await ReceiveAllAsync(cancellationToken).ConfigureAwait(false);
        completing = true;
        string? key = await uploads.CompleteMultipartAsync(token with { UploadId = uploadId, Suffix = suffix }, parts, cancellationToken).ConfigureAwait(false);
        completing = key is not null;
        return key;
    }

    public override async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = ended = true;
        await sending.CancelAsync().ConfigureAwait(false);
        foreach (Task<UploadedPart?> part in inFlight)
        {
            await ((Task)part).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        inFlight.Clear();
        sending.Dispose();
        buffer.Dispose();

        // A multipart upload that no token knows of would stay for ever.
        if (uploadId.Length > 0 && uploadId != token.UploadId && !completing)
        {
            try
            {
                await uploads.Multipart.AbortAsync(FinalKey, uploadId, CancellationToken.None).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                S3StoreLog.MultipartNotAborted(uploads.Logger, FinalKey, e);
            }
        }
    }

    // An operation that does not come to its end leaves an appender that can only be disposed.
    private void Begin(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (ended)
        {
            throw new InvalidOperationException("The appender has completed or failed before and can only be disposed.");
        }

        ended = true;
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async ValueTask SendBufferAsync(CancellationToken cancellationToken)
    {
        int number = NextPart;
        if (number > PartSizes.MaxParts)
        {
            throw new IOException($"The upload to '{token.Key}' has {PartSizes.MaxParts} parts already, which is as many as S3 allows.");
        }

        if (uploadId.Length == 0)
        {
            (uploadId, suffix) = await uploads.Multipart.CreateAsync(token.Key, cancellationToken).ConfigureAwait(false);
        }

        while (inFlight.Count >= PartSizes.InFlight(PartSizes.Of(number), uploads.MaxPartsInFlight))
        {
            await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        }

        PartBuffer sent = buffer;
        int next = PartSizes.Of(number + 1);
        buffer = new PartBuffer(next, sent.Free == 0 ? next : 0);
        inFlight.Enqueue(SendAsync(number, sent));
    }

    private async Task<UploadedPart?> SendAsync(int number, PartBuffer content)
    {
        using (content)
        {
            return await uploads.Multipart.SendAsync(FinalKey, uploadId, number, content.Written, sending.Token).ConfigureAwait(false);
        }
    }

    private async ValueTask ReceiveAsync(CancellationToken cancellationToken)
    {
        UploadedPart? sent = await inFlight.Peek().WaitAsync(cancellationToken).ConfigureAwait(false);
        _ = inFlight.Dequeue();
        parts.Add(sent ?? throw new IOException($"The upload to '{token.Key}' was completed or aborted meanwhile."));
    }

    private async ValueTask ReceiveAllAsync(CancellationToken cancellationToken)
    {
        while (inFlight.Count > 0)
        {
            await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<S3UploadToken> KeepAsync(CancellationToken cancellationToken)
    {
        (string tail, string etag) = buffer.Count == 0 ? ("", "") : await uploads.KeepTailAsync(token, buffer.Written, cancellationToken).ConfigureAwait(false);
        IEnumerable<string> etags = parts.Select(static part => part.ETag);
        return token with
        {
            UploadId = uploadId,
            Suffix = suffix,
            Parts = parts.Count,
            PartBytes = length - buffer.Count,
            PartsHash = parts.Count == 0 ? "" : UploadedPart.HashOf(parts),
            FinalETag = parts.Count == 0 ? "" : UploadedPart.FinalETagOf([.. tail.Length == 0 ? etags : etags.Append(etag)]),
            Tail = tail,
            TailBytes = buffer.Count,
            Tails = token.Tails + (tail.Length == 0 ? 0 : 1),
            TailHash = buffer.Count == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(buffer.Written.Span)),
        };
    }
}
