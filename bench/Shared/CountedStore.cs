using Registry.Storage;

namespace Registry.Bench;

/// <summary>Counts what another store is asked for.</summary>
internal sealed class CountedStore(IObjectStore inner) : IObjectStore, IConditionalDeletes, IUnfinishedUploads, IAsyncDisposable
{
    private int operations;

    /// <summary>Puts one before the store that a registry was given last.</summary>
    public static void Use(IDockerRegistryBuilder registry)
    {
        ServiceDescriptor own = registry.Services.Last(static service => service.IsKeyedService && service.ServiceType == typeof(IObjectStore));
        registry.AddStorage(services => new CountedStore((IObjectStore)own.KeyedImplementationFactory!(services, own.ServiceKey)));
    }

    /// <summary>How often it was asked for something since this was called last.</summary>
    public int Restart() => Interlocked.Exchange(ref operations, 0);

    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => Counted().GetAsync(key, cancellationToken);

    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) =>
        Counted().OpenReadAsync(key, offset, length, cancellationToken);

    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        Counted().PutAsync(key, content, condition, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => Counted().DeleteAsync(key, cancellationToken);

    // Asked once; what the answer costs is no cost of an operation.
    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) =>
        inner is IConditionalDeletes deletes ? deletes.CanDeleteConditionallyAsync(cancellationToken) : new(false);

    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken) =>
        ((IConditionalDeletes)Counted()).DeleteAsync(key, etag, cancellationToken);

    public ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken) =>
        Counted() is IUnfinishedUploads uploads ? uploads.ListUnfinishedAsync(keyPrefix, continuation, limit, cancellationToken) : new(new UnfinishedPage([], null));

    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken) =>
        Counted().ListAsync(prefix, startAfter, limit, cancellationToken);

    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) => Counted().BeginUploadAsync(key, cancellationToken);

    public ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) => Counted().OpenAppendAsync(token, cancellationToken);

    public ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken) => Counted().CompleteUploadAsync(token, cancellationToken);

    public ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) => Counted().AbortUploadAsync(token, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (inner is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            (inner as IDisposable)?.Dispose();
        }
    }

    private IObjectStore Counted()
    {
        Interlocked.Increment(ref operations);
        return inner;
    }
}
