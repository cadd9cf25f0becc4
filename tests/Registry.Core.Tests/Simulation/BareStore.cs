using Registry.Storage;

namespace Registry.Core.Tests.Simulation;

/// <summary>A store without any ability beyond the seam.</summary>
internal sealed class BareStore(IObjectStore inner) : IObjectStore
{
    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) => inner.OpenReadAsync(key, offset, length, cancellationToken);

    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) => inner.PutAsync(key, content, condition, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken) => inner.ListAsync(prefix, startAfter, limit, cancellationToken);

    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) => inner.BeginUploadAsync(key, cancellationToken);

    public ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) => inner.OpenAppendAsync(token, cancellationToken);

    public ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken) => inner.CompleteUploadAsync(token, cancellationToken);

    public ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) => inner.AbortUploadAsync(token, cancellationToken);
}
