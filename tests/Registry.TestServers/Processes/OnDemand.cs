namespace Registry.TestServers.Processes;

/// <summary>A server of a test run, started in a folder of its own when the first test asks for it, and ended with the run.</summary>
/// <param name="name">What its folder is named after.</param>
/// <param name="findMissing">Gets ready what it needs, and says why that cannot be had here, or null. Asked once.</param>
/// <param name="start">Starts it.</param>
public sealed class OnDemand<TServer>(string name, Func<CancellationToken, Task<string?>> findMissing, Func<string, CancellationToken, Task<TServer>> start) : IAsyncDisposable
    where TServer : class, IAsyncDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private TempRoot? temp;
    private TServer? server;
    private string? missing;

    /// <summary>The server, or why there is none.</summary>
    public async ValueTask<(TServer? Server, string? Missing)> GetAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (server is null && missing is null && (missing = await findMissing(CancellationToken.None)) is null)
            {
                temp ??= await TempRoot.CreateAsync(keep: false, cancellationToken);
                server = await start(temp.NewDirectory(name), CancellationToken.None);
            }

            return (server, missing);
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        if (temp is not null)
        {
            await temp.DisposeAsync();
        }

        gate.Dispose();
    }
}
