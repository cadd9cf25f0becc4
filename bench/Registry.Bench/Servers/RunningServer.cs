using Registry.Bench.Http;

namespace Registry.Bench.Servers;

/// <summary>A server that answers. Disposing it ends the process, where it is ours.</summary>
internal sealed class RunningServer(ServerEndpoint endpoint, ServerEndpoint? store, ServerProcess? process) : IAsyncDisposable
{
    public ServerEndpoint Endpoint => endpoint;

    /// <summary>Where it may send pulls on to.</summary>
    public ServerEndpoint? Store => store;

    /// <summary>The process to read processor time and memory from; null where the server is not ours.</summary>
    public ServerProcess? Process => process;

    /// <summary>Waits until a process that was just started answers, and ends it if it does not.</summary>
    public static async Task<RunningServer> WaitForAsync(
        ServerProcess process, ServerEndpoint endpoint, Setup setup, CancellationToken cancellationToken)
    {
        try
        {
            await process.WaitUntilReadyAsync(endpoint, cancellationToken);
            return new RunningServer(endpoint, setup.Bucket is { } bucket ? ServerEndpoint.FromUrl(bucket.Address) : null, process);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => process?.DisposeAsync() ?? ValueTask.CompletedTask;
}
