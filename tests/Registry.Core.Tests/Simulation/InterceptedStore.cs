using Registry.Storage;

namespace Registry.Core.Tests.Simulation;

/// <summary>
/// A store all of whose operations, those of its appenders included, go through one method: to count them, order them, delay them or break them. It has the abilities of the store
/// behind it: one that does not delete conditionally says so, and one that does not list unfinished uploads has none to show.
/// </summary>
internal abstract class InterceptedStore(IObjectStore inner) : IObjectStore, IConditionalDeletes, IUnfinishedUploads
{
    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) =>
        AroundAsync(new(StoreOperation.Get, key), () => inner.GetAsync(key, cancellationToken));

    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) =>
        AroundAsync(new(StoreOperation.OpenRead, key), () => inner.OpenReadAsync(key, offset, length, cancellationToken));

    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        AroundAsync(new(StoreOperation.Put, key), () => inner.PutAsync(key, content, condition, cancellationToken));

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) =>
        await AroundAsync(new(StoreOperation.Delete, key), () => Void(inner.DeleteAsync(key, cancellationToken)));

    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) =>
        inner is IConditionalDeletes deletes ? deletes.CanDeleteConditionallyAsync(cancellationToken) : new(false);

    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken) =>
        AroundAsync(new(StoreOperation.DeleteIfMatch, key), () => ((IConditionalDeletes)inner).DeleteAsync(key, etag, cancellationToken));

    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken) =>
        AroundAsync(new(StoreOperation.List, prefix), () => inner.ListAsync(prefix, startAfter, limit, cancellationToken));

    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) =>
        AroundAsync(new(StoreOperation.BeginUpload, key), () => inner.BeginUploadAsync(key, cancellationToken));

    public async ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) =>
        await AroundAsync(new(StoreOperation.OpenAppend, token.Value), () => inner.OpenAppendAsync(token, cancellationToken)) is { } appender
            ? new Appender(this, appender, token.Value)
            : null;

    public ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken) =>
        AroundAsync(new(StoreOperation.CompleteUpload, token.Value), () => inner.CompleteUploadAsync(token, cancellationToken));

    public async ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) =>
        await AroundAsync(new(StoreOperation.AbortUpload, token.Value), () => Void(inner.AbortUploadAsync(token, cancellationToken)));

    public ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken) => AroundAsync(
        new(StoreOperation.ListUnfinished, keyPrefix),
        () => inner is IUnfinishedUploads uploads ? uploads.ListUnfinishedAsync(keyPrefix, continuation, limit, cancellationToken) : new(new UnfinishedPage([], null)));

    /// <summary>Carries out an operation.</summary>
    /// <param name="call">Which.</param>
    /// <param name="perform">Does it on the store behind.</param>
    protected abstract ValueTask<T> AroundAsync<T>(StoreCall call, Func<ValueTask<T>> perform);

    private static async ValueTask<bool> Void(ValueTask task)
    {
        await task;
        return true;
    }

    private sealed class Appender(InterceptedStore store, ObjectAppender inner, string token) : ObjectAppender
    {
        public override long Length => inner.Length;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            await store.AroundAsync(new(StoreOperation.AppenderWrite, token), () => Void(inner.WriteAsync(bytes, cancellationToken)));

        public override ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken) =>
            store.AroundAsync(new(StoreOperation.AppenderFlush, token), () => inner.FlushAsync(cancellationToken));

        public override ValueTask<string?> CompleteAsync(CancellationToken cancellationToken) =>
            store.AroundAsync(new(StoreOperation.AppenderComplete, token), () => inner.CompleteAsync(cancellationToken));

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
