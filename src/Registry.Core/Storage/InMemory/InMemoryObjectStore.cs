namespace Registry.Storage.InMemory;

/// <summary>
/// Keeps everything in the memory of the process: for tests, samples and caches that may be lost. Nothing survives the process.
/// </summary>
/// <remarks>
/// Beside the contract it checks its user: keys that are <c>/</c>-prefixes of each other and a second upload to the same key throw
/// <see cref="InvalidOperationException"/>, where another store would lose data or mix them up. Equal contents have equal ETags, as on S3, so that
/// code which needs more than that from an ETag fails here as well.
/// </remarks>
public sealed class InMemoryObjectStore : IObjectStore, IConditionalDeletes, IUnfinishedUploads
{
    private readonly InMemoryContent content;

    /// <summary>Creates an empty store.</summary>
    /// <param name="timeProvider">The store's clock.</param>
    public InMemoryObjectStore(TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        content = new InMemoryContent(timeProvider);
    }

    private InMemoryObjectStore(InMemoryContent content) => this.content = content;

    /// <summary>Opens another instance over the same content, as another node has it.</summary>
    public InMemoryObjectStore Share() => new(content);

    /// <inheritdoc/>
    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SmallObject?>(cancellationToken);
        }

        if (content.Find(key) is not { } found)
        {
            return ValueTask.FromResult<SmallObject?>(null);
        }

        return found.Length > ObjectStoreLimits.MaxSmallObjectBytes
            ? ValueTask.FromException<SmallObject?>(new ObjectTooLargeException($"'{key}' has {found.Length} bytes; a small object has at most {ObjectStoreLimits.MaxSmallObjectBytes}."))
            : ValueTask.FromResult<SmallObject?>(new SmallObject(found.ToMemory(), found.ETag, found.LastModified));
    }

    /// <inheritdoc/>
    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length.GetValueOrDefault(), nameof(length));
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ObjectContent?>(cancellationToken);
        }

        return ValueTask.FromResult(content.Find(key) is { } found
            ? new ObjectContent(found.OpenRead(offset, length ?? long.MaxValue), found.Length)
            : null);
    }

    /// <inheritdoc/>
    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        if (content.Length > ObjectStoreLimits.MaxSmallObjectBytes)
        {
            throw new ArgumentException($"A small object has at most {ObjectStoreLimits.MaxSmallObjectBytes} bytes, not {content.Length}.", nameof(content));
        }

        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<PutResult>(cancellationToken)
            : ValueTask.FromResult(this.content.Put(key, content.ToArray(), condition));
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        content.Delete(key);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<bool>(cancellationToken) : ValueTask.FromResult(true);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        ArgumentException.ThrowIfNullOrEmpty(etag);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<bool>(cancellationToken)
            : ValueTask.FromResult(content.Delete(key, etag));
    }

    /// <inheritdoc/>
    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(prefix);
        ObjectKey.ThrowIfInvalidPrefix(startAfter ?? "");
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<KeyPage>(cancellationToken)
            : ValueTask.FromResult(content.List(prefix, startAfter, limit));
    }

    /// <inheritdoc/>
    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<UploadToken>(cancellationToken)
            : ValueTask.FromResult(content.BeginUpload(key));
    }

    /// <inheritdoc/>
    public ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken)
    {
        UploadPosition position = UploadPosition.Parse(token);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ObjectAppender?>(cancellationToken);
        }

        return ValueTask.FromResult<ObjectAppender?>(content.TryGetUploaded(position, out ChunkChain? chunks)
            ? new InMemoryAppender(content, position.Upload, chunks)
            : null);
    }

    /// <inheritdoc/>
    public ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        UploadPosition position = UploadPosition.Parse(token);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<string?>(cancellationToken)
            : ValueTask.FromResult(content.CompleteUpload(position));
    }

    /// <inheritdoc/>
    public ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        UploadPosition position = UploadPosition.Parse(token);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        content.AbortUpload(position);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(keyPrefix);
        UnfinishedPosition? after = continuation is null ? null : UnfinishedPosition.Parse(continuation);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<UnfinishedPage>(cancellationToken)
            : ValueTask.FromResult(content.ListUnfinished(keyPrefix, after, limit));
    }
}
