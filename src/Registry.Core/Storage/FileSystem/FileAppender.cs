namespace Registry.Storage.FileSystem;

/// <summary>Appends to an upload's file on the store's threads, so that the caller can hash the next bytes meanwhile.</summary>
internal sealed class FileAppender(FileSystemObjectStore store, UploadFile file) : ObjectAppender
{
    // Small uploads are flushed along with other small things; a long flush would make those wait.
    private const long FlushAlongBytes = 1024 * 1024;

    private bool _ended;

    public override long Length => file.Length;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ThrowIfEnded();
        if (bytes.IsEmpty)
        {
            return;
        }

        // Ended until it has gone well: after a fault or a cancellation it is unknown what the file holds.
        _ended = true;
        await store.RunAsync(() => Write(bytes.Span), cancellationToken).ConfigureAwait(false);
        _ended = false;
    }

    public override async ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfEnded();
        return await store.RunAsync(Flush, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<string?> CompleteAsync(CancellationToken cancellationToken)
    {
        ThrowIfEnded();
        if (file.UnflushedBytes > FlushAlongBytes)
        {
            await store.RunAsync(FlushBytes, cancellationToken).ConfigureAwait(false);
        }

        _ended = true;
        return await store.CompleteAsync(file.Token, file, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        _ended = true;
        if (file.IsUnknownToAnybody && !file.IsClosed)
        {
            await store.RunAsync(Drop, CancellationToken.None).ConfigureAwait(false);
        }

        file.Close();
    }

    private bool Write(ReadOnlySpan<byte> bytes)
    {
        file.Write(bytes);
        return true;
    }

    private UploadToken Flush()
    {
        FlushBytes();
        return store.Issue(file);
    }

    private bool FlushBytes()
    {
        store.Flush(file);
        return true;
    }

    private bool Drop()
    {
        store.Uploads.Drop(file);
        return true;
    }

    private void ThrowIfEnded()
    {
        if (_ended)
        {
            throw new InvalidOperationException("The appender was completed, was disposed, or had a fault; open another.");
        }
    }
}
