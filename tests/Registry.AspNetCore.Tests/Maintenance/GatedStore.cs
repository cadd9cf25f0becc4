using Registry.AspNetCore.Tests.Testing;
using Registry.Storage;

namespace Registry.AspNetCore.Tests.Maintenance;

/// <summary>A store whose listing below one prefix does not come to an end, and that can be cut off from some keys.</summary>
internal sealed class GatedStore(IObjectStore inner) : ProxyStore(inner)
{
    public string? Prefix { get; set; }

    public Func<string, bool>? IsCutOff { get; set; }

    public bool Waiting { get; private set; }

    public bool WasCancelled { get; private set; }

    public override async ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        if (Prefix is { } closed && prefix.StartsWith(closed, StringComparison.Ordinal))
        {
            Waiting = true;
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                WasCancelled = true;
                throw;
            }
        }

        return await base.ListAsync(prefix, startAfter, limit, cancellationToken);
    }

    public override ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        IsCutOff?.Invoke(key) == true ? throw new StoreUnavailableException("Cut off.") : base.PutAsync(key, content, condition, cancellationToken);
}
