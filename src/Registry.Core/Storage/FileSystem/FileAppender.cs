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

        // Ended unless it goes well: after a fault or a cancellation it is unknown what the file holds.
        _ended = true;
        await store.RunAsync(() => Write(bytes.Span), cancellationToken).ConfigureAwait(false);
        _ended = false;
    }

    public override async ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfEnded();
        _ended = true;
        UploadToken token = await store.RunAsync(file.Issue, cancellationToken).ConfigureAwait(false);
        _ended = false;
        return token;
    }

    public override async ValueTask<string?> CompleteAsync(CancellationToken cancellationToken)
    {
        ThrowIfEnded();
        _ended = true;
        await store.RunAsync(PrepareToComplete, cancellationToken).ConfigureAwait(false);
        return await store.CompleteAsync(file.Token with { Offset = file.Length }, file, cancellationToken).ConfigureAwait(false);
    }

    public override ValueTask DisposeAsync()
    {
        _ended = true;
        file.Close();
        return ValueTask.CompletedTask;
    }

    private bool Write(ReadOnlySpan<byte> bytes)
    {
        file.Write(bytes);
        return true;
    }

    private bool PrepareToComplete()
    {
        file.DropLaterBytes();
        if (file.UnflushedBytes > FlushAlongBytes)
        {
            file.FlushBeforeRename();
        }

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
