using System.Runtime.ExceptionServices;
using Registry.Storage;

namespace Registry.Content.Uploads;

/// <summary>Bytes that were appended and not yet saved. Disposing it drops them, unless they were saved or committed.</summary>
internal sealed class Appended(ObjectAppender appender, PrefixHash? hash) : IAsyncDisposable
{
    private bool _disposed;

    public ObjectAppender Appender { get; } = appender;

    public PrefixHash? Hash { get; private set; } = hash;

    public long Bytes { get; set; }

    public ExceptionDispatchInfo? Fault { get; set; }

    public PrefixHash? TakeHash()
    {
        PrefixHash? taken = Hash;
        Hash = null;
        return taken;
    }

    public ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return ValueTask.CompletedTask;
        }

        _disposed = true;
        Hash?.Dispose();
        return Appender.DisposeAsync();
    }
}
