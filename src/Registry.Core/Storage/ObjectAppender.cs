namespace Registry.Storage;

/// <summary>
/// Appends bytes to an upload. It is used by one caller at a time and disposed by that caller; disposing without
/// <see cref="FlushAsync"/> or <see cref="CompleteAsync"/> drops what was written since the last token.
/// </summary>
public abstract class ObjectAppender : IAsyncDisposable
{
    /// <summary>How many bytes the upload holds: those of the token that was opened and those written through this appender.</summary>
    public abstract long Length { get; }

    /// <summary>
    /// Appends bytes. Returns once <paramref name="bytes"/> may be reused; that they are durable is only said by <see cref="FlushAsync"/>
    /// and <see cref="CompleteAsync"/>. The memory a store holds per appender is bounded whatever the upload's size.
    /// </summary>
    /// <param name="bytes">The bytes to append.</param>
    /// <param name="cancellationToken">Ends the write, after which the appender can only be disposed.</param>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Makes everything written so far durable and issues the token from which any node can go on. The appender may then go on itself. Earlier
    /// tokens of the chain stay good: they stand for fewer bytes.
    /// </summary>
    /// <param name="cancellationToken">Ends the call, after which the appender can only be disposed. The last token stays good.</param>
    public abstract ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes everything written so far durable and the upload an object: the same as <see cref="FlushAsync"/> followed by
    /// <see cref="IObjectStore.CompleteUploadAsync"/>, in fewer steps where the store can. The appender can then only be disposed.
    /// </summary>
    /// <param name="cancellationToken">Ends the call; a cancelled completion may or may not have happened.</param>
    /// <returns>The key that the bytes are under, or <see langword="null"/> when the upload was aborted meanwhile.</returns>
    public abstract ValueTask<string?> CompleteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
