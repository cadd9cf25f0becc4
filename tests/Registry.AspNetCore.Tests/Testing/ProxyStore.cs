using Registry.Storage;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>Passes everything on to another store, which it owns; tests put themselves in between.</summary>
public abstract class ProxyStore(IObjectStore inner) : IObjectStore, IConditionalDeletes, IUnfinishedUploads, IAsyncDisposable
{
    public virtual ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

    public virtual ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) =>
        inner.OpenReadAsync(key, offset, length, cancellationToken);

    public virtual ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        inner.PutAsync(key, content, condition, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) =>
        inner is IConditionalDeletes deletes ? deletes.CanDeleteConditionallyAsync(cancellationToken) : new(false);

    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken) => ((IConditionalDeletes)inner).DeleteAsync(key, etag, cancellationToken);

    public ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken) =>
        inner is IUnfinishedUploads uploads ? uploads.ListUnfinishedAsync(keyPrefix, continuation, limit, cancellationToken) : new(new UnfinishedPage([], null));

    public virtual ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, startAfter, limit, cancellationToken);

    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) => inner.BeginUploadAsync(key, cancellationToken);

    public virtual ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) => inner.OpenAppendAsync(token, cancellationToken);

    public virtual ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken) => inner.CompleteUploadAsync(token, cancellationToken);

    public virtual ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) => inner.AbortUploadAsync(token, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (inner is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}

public abstract class ProxyAppender(ObjectAppender inner) : ObjectAppender
{
    public override long Length => inner.Length;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => inner.WriteAsync(bytes, cancellationToken);

    public override ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override ValueTask<string?> CompleteAsync(CancellationToken cancellationToken) => inner.CompleteAsync(cancellationToken);

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return inner.DisposeAsync();
    }
}

/// <summary>
/// A store that takes one appender at a time and neither completes nor aborts beside it, which is the least that a store must do. It is used by one upload at a time.
/// </summary>
public sealed class SingleAppenderStore(IObjectStore inner) : ProxyStore(inner)
{
    private int _open;

    public bool HasAppender => Volatile.Read(ref _open) > 0;

    public override async ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken)
    {
        ThrowIfBusy();
        return await base.OpenAppendAsync(token, cancellationToken) is { } appender ? new Appender(this, appender) : null;
    }

    public override ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        ThrowIfBusy();
        return base.CompleteUploadAsync(token, cancellationToken);
    }

    public override ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        ThrowIfBusy();
        return base.AbortUploadAsync(token, cancellationToken);
    }

    private void ThrowIfBusy()
    {
        if (HasAppender)
        {
            throw new UploadBusyException();
        }
    }

    private sealed class Appender : ProxyAppender
    {
        private readonly SingleAppenderStore _store;
        private int _disposed;

        public Appender(SingleAppenderStore store, ObjectAppender inner)
            : base(inner)
        {
            _store = store;
            Interlocked.Increment(ref store._open);
        }

        public override ValueTask DisposeAsync()
        {
            Assert.Equal(0, Interlocked.Exchange(ref _disposed, 1));
            Interlocked.Decrement(ref _store._open);
            return base.DisposeAsync();
        }
    }
}

/// <summary>A store whose appenders write when they are let.</summary>
public sealed class GatedStore(IObjectStore inner) : ProxyStore(inner)
{
    private readonly SemaphoreSlim _entered = new(0);
    private readonly SemaphoreSlim _let = new(0);

    public override async ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) =>
        await base.OpenAppendAsync(token, cancellationToken) is { } appender ? new Appender(this, appender) : null;

    /// <summary>Waits until the next write has begun.</summary>
    public Task WaitForWriteAsync() => _entered.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>Lets this and all later writes be done.</summary>
    public void Open() => _let.Release(1_000_000);

    private sealed class Appender(GatedStore store, ObjectAppender inner) : ProxyAppender(inner)
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            store._entered.Release();
            await store._let.WaitAsync(cancellationToken);
            await base.WriteAsync(bytes, cancellationToken);
        }
    }
}

/// <summary>A store whose large objects are read when it is let.</summary>
public sealed class GatedReadStore(IObjectStore inner) : ProxyStore(inner)
{
    private readonly SemaphoreSlim _entered = new(0);
    private readonly SemaphoreSlim _let = new(0);

    public override async ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken)
    {
        _entered.Release();
        await _let.WaitAsync(cancellationToken);
        return await base.OpenReadAsync(key, offset, length, cancellationToken);
    }

    /// <summary>Waits until the next read has begun.</summary>
    public Task WaitForReadAsync() => _entered.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>Lets this and all later reads be done.</summary>
    public void Open() => _let.Release(1_000_000);
}

/// <summary>A store that fails on demand.</summary>
public sealed class FailingStore(IObjectStore inner) : ProxyStore(inner)
{
    public Exception? Fault { get; set; }

    public override ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) =>
        Fault is null ? base.GetAsync(key, cancellationToken) : ValueTask.FromException<SmallObject?>(Fault);
}
