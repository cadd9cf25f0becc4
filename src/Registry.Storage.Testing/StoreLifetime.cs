namespace Registry.Storage.Testing;

internal static class StoreLifetime
{
    /// <summary>Disposes a store that is disposable: that is no part of the seam, but some hold connections.</summary>
    public static async ValueTask DisposeAsync(IObjectStore store)
    {
        if (store is IAsyncDisposable asynchronously)
        {
            await asynchronously.DisposeAsync();
        }
        else
        {
            (store as IDisposable)?.Dispose();
        }
    }
}
