using Registry.Storage;

namespace Registry.Simulation.World;

/// <summary>The simulated store without a scheduler: every operation is done at once, for what happens before and after a simulation.</summary>
/// <param name="content">What is stored.</param>
/// <param name="conditionalDeletes">Whether it can delete conditionally.</param>
internal sealed class DirectStore(StoreContent content, bool conditionalDeletes = true) : IObjectStore, IConditionalDeletes, IUnfinishedUploads
{
    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => Do(key, () => Read(content.Find(key)), cancellationToken);

    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length.GetValueOrDefault(), nameof(length));
        return Do(key, () => Open(content.Find(key), offset, length), cancellationToken);
    }

    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> bytes, PutCondition condition, CancellationToken cancellationToken)
    {
        return bytes.Length > ObjectStoreLimits.MaxSmallObjectBytes
            ? throw new ArgumentException($"A small object has at most {ObjectStoreLimits.MaxSmallObjectBytes} bytes.", nameof(bytes))
            : Do(key, () => content.Put(key, bytes.ToArray(), condition), cancellationToken);
    }

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => await Do(key, () => Void(() => content.Delete(key)), cancellationToken);

    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) => Do(null, () => conditionalDeletes, cancellationToken);

    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(etag);
        return Do(key, () => content.Delete(key, etag), cancellationToken);
    }

    public ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(keyPrefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        return Do(null, () => content.ListUnfinished(keyPrefix, continuation, limit), cancellationToken);
    }

    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(prefix);
        ObjectKey.ThrowIfInvalidPrefix(startAfter ?? "");
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        return Do(null, () => content.List(prefix, startAfter, limit, 0, 0), cancellationToken);
    }

    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) => Do(key, () => content.BeginUpload(key), cancellationToken);

    public ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) =>
        Do<ObjectAppender?>(null, () => content.Uploaded(token) is { } bytes ? new Appender(content, token, bytes) : null, cancellationToken);

    public ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken) => Do(null, () => content.CompleteUpload(token), cancellationToken);

    public async ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) => await Do(null, () => Void(() => content.AbortUpload(token)), cancellationToken);

    public static SmallObject? Read(StoredObject? found) => found is null
        ? null
        : found.Bytes.Length > ObjectStoreLimits.MaxSmallObjectBytes
        ? throw new ObjectTooLargeException("The object is too large.")
        : new SmallObject(found.Bytes, found.ETag, found.LastModified);

    public static ObjectContent? Open(StoredObject? found, long offset, long? length)
    {
        if (found is null)
        {
            return null;
        }

        int start = (int)Math.Min(offset, found.Bytes.Length);
        return new ObjectContent(new MemoryStream(found.Bytes, start, (int)Math.Min(length ?? long.MaxValue, found.Bytes.Length - start), writable: false), found.Bytes.Length);
    }

    private ValueTask<T> Do<T>(string? key, Func<T> perform, CancellationToken cancellationToken)
    {
        if (key is not null)
        {
            ObjectKey.ThrowIfInvalid(key);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        // The contract suite comes with many threads.
        lock (content)
        {
            try
            {
                return ValueTask.FromResult(perform());
            }
            catch (IOException e)
            {
                return ValueTask.FromException<T>(e);
            }
        }
    }

    private static bool Void(Action action)
    {
        action();
        return true;
    }

    private sealed class Appender(StoreContent content, UploadToken opened, byte[] bytes) : ObjectAppender
    {
        private readonly MemoryStream _written = new();
        private UploadToken _token = opened;
        private byte[] _bytes = bytes;
        private bool _ended;

        public override long Length => _bytes.Length + _written.Length;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            if (cancellationToken.IsCancellationRequested)
            {
                _ended = true;
                return ValueTask.FromCanceled(cancellationToken);
            }

            _written.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public override ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            if (cancellationToken.IsCancellationRequested)
            {
                _ended = true;
                return ValueTask.FromCanceled<UploadToken>(cancellationToken);
            }

            lock (content)
            {
                Seal();
                if (content.Flush(_token, _bytes) is not { } token)
                {
                    return ValueTask.FromException<UploadToken>(new IOException("The upload was completed or aborted meanwhile."));
                }

                _token = token;
                return ValueTask.FromResult(token);
            }
        }

        public override ValueTask<string?> CompleteAsync(CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            _ended = true;
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<string?>(cancellationToken);
            }

            lock (content)
            {
                Seal();
                return ValueTask.FromResult(content.Flush(_token, _bytes) is { } token ? content.CompleteUpload(token) : null);
            }
        }

        public override ValueTask DisposeAsync()
        {
            _ended = true;
            return ValueTask.CompletedTask;
        }

        private void Seal()
        {
            _bytes = _written.Length == 0 ? _bytes : [.. _bytes, .. _written.ToArray()];
            _written.SetLength(0);
        }
    }
}
