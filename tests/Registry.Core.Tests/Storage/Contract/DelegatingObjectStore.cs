namespace Registry.Storage.Contract;

/// <summary>Hands every call on to a store with all abilities. What breaks one operation derives from it.</summary>
internal class DelegatingObjectStore(IObjectStore inner) : IObjectStore, IConditionalDeletes, IUnfinishedUploads
{
    protected IObjectStore Inner => inner;

    public virtual ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

    public virtual ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) =>
        inner.OpenReadAsync(key, offset, length, cancellationToken);

    public virtual ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        inner.PutAsync(key, content, condition, cancellationToken);

    public virtual ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    public virtual ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) => ((IConditionalDeletes)inner).CanDeleteConditionallyAsync(cancellationToken);

    public virtual ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken) =>
        ((IConditionalDeletes)inner).DeleteAsync(key, etag, cancellationToken);

    public virtual ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken) =>
        ((IUnfinishedUploads)inner).ListUnfinishedAsync(keyPrefix, continuation, limit, cancellationToken);

    public virtual ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, startAfter, limit, cancellationToken);

    public virtual ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) => inner.BeginUploadAsync(key, cancellationToken);

    public virtual ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) =>
        inner.OpenAppendAsync(token, cancellationToken);

    public virtual ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken) =>
        inner.CompleteUploadAsync(token, cancellationToken);

    public virtual ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) => inner.AbortUploadAsync(token, cancellationToken);
}
