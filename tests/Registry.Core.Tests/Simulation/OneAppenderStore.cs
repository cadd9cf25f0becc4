using Registry.Storage;

namespace Registry.Core.Tests.Simulation;

/// <summary>A store that writes uploads in place, as a folder on a disk does: one appender of an upload at a time, and no completing or aborting beside it.</summary>
internal sealed class OneAppenderStore(IObjectStore inner) : IObjectStore, IConditionalDeletes, IUnfinishedUploads
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);

    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) =>
        inner.OpenReadAsync(key, offset, length, cancellationToken);

    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        inner.PutAsync(key, content, condition, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) =>
        inner is IConditionalDeletes deletes ? deletes.CanDeleteConditionallyAsync(cancellationToken) : new(false);

    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken) => ((IConditionalDeletes)inner).DeleteAsync(key, etag, cancellationToken);

    public ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken) =>
        inner is IUnfinishedUploads uploads ? uploads.ListUnfinishedAsync(keyPrefix, continuation, limit, cancellationToken) : new(new UnfinishedPage([], null));

    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, startAfter, limit, cancellationToken);

    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) => inner.BeginUploadAsync(key, cancellationToken);

    public async ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken)
    {
        string upload = Enter(token);
        if (await inner.OpenAppendAsync(token, cancellationToken) is { } appender)
        {
            return new Appender(this, appender, upload);
        }

        Leave(upload);
        return null;
    }

    public async ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        string upload = Enter(token);
        try
        {
            return await inner.CompleteUploadAsync(token, cancellationToken);
        }
        finally
        {
            Leave(upload);
        }
    }

    public async ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        string upload = Enter(token);
        try
        {
            await inner.AbortUploadAsync(token, cancellationToken);
        }
        finally
        {
            Leave(upload);
        }
    }

    // The in-memory store's tokens begin with the upload's number.
    private string Enter(UploadToken token)
    {
        string upload = token.Value[..token.Value.IndexOf('-', StringComparison.Ordinal)];
        lock (_lock)
        {
            return _open.Add(upload) ? upload : throw new UploadBusyException();
        }
    }

    private void Leave(string upload)
    {
        lock (_lock)
        {
            _open.Remove(upload);
        }
    }

    private sealed class Appender(OneAppenderStore store, ObjectAppender inner, string upload) : ObjectAppender
    {
        private int _left;

        public override long Length => inner.Length;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => inner.WriteAsync(bytes, cancellationToken);

        public override ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override ValueTask<string?> CompleteAsync(CancellationToken cancellationToken) => inner.CompleteAsync(cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                store.Leave(upload);
            }
        }
    }
}
