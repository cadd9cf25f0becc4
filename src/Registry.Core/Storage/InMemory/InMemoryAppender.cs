namespace Registry.Storage.InMemory;

internal sealed class InMemoryAppender(InMemoryContent content, long upload, ChunkChain chunks) : ObjectAppender
{
    // Small enough to stay off the large object heap, large enough that a layer is not a million chunks.
    private const int LargestChunk = 64 * 1024;
    private const int SmallestChunk = 4 * 1024;

    private byte[] buffer = [];
    private int sealedUpTo;
    private int filled;
    private bool ended;

    public override long Length => chunks.Length + filled - sealedUpTo;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        if (cancellationToken.IsCancellationRequested)
        {
            ended = true;
            return ValueTask.FromCanceled(cancellationToken);
        }

        while (!bytes.IsEmpty)
        {
            if (filled == buffer.Length)
            {
                Seal();
                buffer = new byte[Math.Clamp(bytes.Length, SmallestChunk, LargestChunk)];
                sealedUpTo = filled = 0;
            }

            int count = Math.Min(bytes.Length, buffer.Length - filled);
            bytes[..count].CopyTo(buffer.AsMemory(filled));
            filled += count;
            bytes = bytes[count..];
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        if (cancellationToken.IsCancellationRequested)
        {
            ended = true;
            return ValueTask.FromCanceled<UploadToken>(cancellationToken);
        }

        Seal();
        return content.TryIssueToken(upload, chunks, out UploadToken token)
            ? ValueTask.FromResult(token)
            : ValueTask.FromException<UploadToken>(new IOException("The upload was completed or aborted meanwhile."));
    }

    public override ValueTask<string?> CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        ended = true;
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<string?>(cancellationToken);
        }

        Seal();
        return ValueTask.FromResult(content.TryIssueToken(upload, chunks, out UploadToken token)
            ? content.CompleteUpload(UploadPosition.Parse(token))
            : null);
    }

    public override ValueTask DisposeAsync()
    {
        ended = true;
        return ValueTask.CompletedTask;
    }

    // The chain takes the bytes written since the last time; the buffer's rest is still free for this appender alone to fill.
    private void Seal()
    {
        chunks = chunks.Append(buffer.AsMemory(sealedUpTo, filled - sealedUpTo));
        sealedUpTo = filled;
    }
}
