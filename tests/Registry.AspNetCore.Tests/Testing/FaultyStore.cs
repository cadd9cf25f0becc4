using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>A store in memory that fails when it is told to.</summary>
public class FaultyStore : IObjectStore, IConditionalDeletes, IUnfinishedUploads
{
    private readonly InMemoryObjectStore _inner = new(TimeProvider.System);

    /// <summary>Called before each operation with the operation's name and its key, prefix or token; what it throws is thrown.</summary>
    public Action<string, string>? Before { get; set; }

    /// <summary>Awaited before a small object is read.</summary>
    public Func<string, Task>? BeforeGetAsync { get; set; }

    /// <summary>After how many bytes reading an object throws <see cref="ReadFault"/>.</summary>
    public long? FailReadsAfter { get; set; }

    public Exception ReadFault { get; set; } = new IOException("The disk at /secret/path broke.");

    public static async Task<(RegistryHost Host, FaultyStore Store)> StartAsync(Action<DockerRegistryOptions>? configure = null)
    {
        var store = new FaultyStore();
        RegistryHost host = await RegistryHost.StartAsync(
            builder => builder.Services.AddDockerRegistry(configure).AddStorage(_ => store).AllowAnonymous(),
            static app => app.MapDockerRegistry());
        return (host, store);
    }

    public async ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken)
    {
        Before?.Invoke("get", key);
        if (BeforeGetAsync is { } before)
        {
            await before(key);
        }

        return await _inner.GetAsync(key, cancellationToken);
    }

    public async ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken)
    {
        Before?.Invoke("read", key);
        ObjectContent? content = await _inner.OpenReadAsync(key, offset, length, cancellationToken);
        return content is not null && FailReadsAfter is { } bytes ? content with { Stream = new BreakingStream(content.Stream, bytes, ReadFault) } : content;
    }

    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        Before?.Invoke("put", key);
        return _inner.PutAsync(key, content, condition, cancellationToken);
    }

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        Before?.Invoke("delete", key);
        return _inner.DeleteAsync(key, cancellationToken);
    }

    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) => _inner.CanDeleteConditionallyAsync(cancellationToken);

    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken)
    {
        Before?.Invoke("delete if match", key);
        return _inner.DeleteAsync(key, etag, cancellationToken);
    }

    public ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        Before?.Invoke("list unfinished", keyPrefix);
        return _inner.ListUnfinishedAsync(keyPrefix, continuation, limit, cancellationToken);
    }

    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        Before?.Invoke("list", prefix);
        return _inner.ListAsync(prefix, startAfter, limit, cancellationToken);
    }

    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        Before?.Invoke("begin", key);
        return _inner.BeginUploadAsync(key, cancellationToken);
    }

    public ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken)
    {
        Before?.Invoke("append", token.Value);
        return _inner.OpenAppendAsync(token, cancellationToken);
    }

    public ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        Before?.Invoke("complete", token.Value);
        return _inner.CompleteUploadAsync(token, cancellationToken);
    }

    public ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        Before?.Invoke("abort", token.Value);
        return _inner.AbortUploadAsync(token, cancellationToken);
    }

    private sealed class BreakingStream(Stream inner, long left, Exception fault) : Stream
    {
        private long _left = left;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0)
            {
                throw fault;
            }

            int read = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
