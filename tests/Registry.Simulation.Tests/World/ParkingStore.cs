using Registry.Storage;

namespace Registry.Simulation.World;

/// <summary>The store as one process of the simulation sees it: each operation waits until the scheduler performs it.</summary>
internal sealed class ParkingStore(Simulator simulator) : IObjectStore, IConditionalDeletes, IUnfinishedUploads
{
    private StoreContent Content => simulator.Content;

    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) =>
        Park(OperationKind.Get, key, _ => DirectStore.Read(Content.Find(key)), cancellationToken).Task;

    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) =>
        Park(OperationKind.OpenRead, key, _ => DirectStore.Open(Content.Find(key), offset, length), cancellationToken).Task;

    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        byte[] bytes = content.ToArray();
        return Park(OperationKind.Put, key, _ => Content.Put(key, bytes, condition), cancellationToken).Task;
    }

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => Park(
        OperationKind.Delete,
        key,
        _ =>
        {
            Content.Delete(key);
            return true;
        },
        cancellationToken).VoidTask;

    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) => new(simulator.Scenario.ConditionalDeletes);

    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken) =>
        Park(OperationKind.Delete, key, _ => Content.Delete(key, etag), cancellationToken).Task;

    public ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken) =>
        Park(OperationKind.List, $"uploads of {keyPrefix}", _ => Content.ListUnfinished(keyPrefix, continuation, Math.Min(limit, simulator.PageKeys)), cancellationToken).Task;

    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        Fiber fiber = simulator.Caller;
        int since = fiber.ListingSince(prefix, startAfter, Content.Version);
        limit = Math.Min(limit, simulator.PageKeys);
        return Park(
            OperationKind.List,
            prefix,
            operation =>
            {
                KeyPage page = Content.List(prefix, startAfter, limit, since, operation.Freedom);
                fiber.Listed(prefix, page, since);
                return page;
            },
            cancellationToken).Task;
    }

    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) =>
        Park(OperationKind.BeginUpload, key, _ => Content.BeginUpload(key), cancellationToken).Task;

    public ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) => Park<ObjectAppender?>(
        OperationKind.OpenAppend, token.Value, _ => Content.Uploaded(token) is { } bytes ? new Appender(this, token, bytes) : null, cancellationToken).Task;

    public ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken) =>
        Park(OperationKind.Complete, token.Value, _ => Content.CompleteUpload(token), cancellationToken).Task;

    public ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) => Park(
        OperationKind.Abort,
        token.Value,
        _ =>
        {
            Content.AbortUpload(token);
            return true;
        },
        cancellationToken).VoidTask;

    private Operation<T> Park<T>(OperationKind kind, string key, Func<Operation, T> perform, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var operation = new Operation<T>(simulator.Caller, kind, key, perform) { Token = cancellationToken };
        simulator.Park(operation);
        return operation;
    }

    private sealed class Appender(ParkingStore store, UploadToken opened, byte[] bytes) : ObjectAppender
    {
        private UploadToken _token = opened;
        private byte[] _bytes = bytes;

        public override long Length => _bytes.Length;

        // Bytes on their way to a store cannot be seen by anybody: no step of its own.
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            if (!bytes.IsEmpty)
            {
                _bytes = [.. _bytes, .. bytes.Span];
            }

            return ValueTask.CompletedTask;
        }

        public override ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken)
        {
            (UploadToken token, byte[] bytes) = (_token, _bytes);
            return store.Park(
                OperationKind.Flush,
                token.Value,
                _ => _token = store.Content.Flush(token, bytes) ?? throw new IOException("The upload was completed or aborted meanwhile."),
                cancellationToken).Task;
        }

        public override ValueTask<string?> CompleteAsync(CancellationToken cancellationToken)
        {
            (UploadToken token, byte[] bytes) = (_token, _bytes);
            return store.Park(
                OperationKind.Complete,
                token.Value,
                _ => store.Content.Flush(token, bytes) is { } flushed ? store.Content.CompleteUpload(flushed) : null,
                cancellationToken).Task;
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
