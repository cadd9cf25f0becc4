using Registry.Bench.Http;

namespace Registry.Bench.Servers;

/// <summary>One of the two sides of the comparison.</summary>
internal sealed class Target(string label, IServer server) : IAsyncDisposable
{
    private RunningServer? running;

    /// <summary>"subject" or "peer".</summary>
    public string Label => label;

    public IServer Server => server;

    public ServerProcess? Process => Running.Process;

    private RunningServer Running => running ?? throw new InvalidOperationException($"The {label} is not running.");

    /// <summary>Ends the server that runs, if any, and starts a new process on the same or other data.</summary>
    public async Task RestartAsync(Setup setup, CancellationToken cancellationToken)
    {
        await DisposeAsync();
        Directory.CreateDirectory(setup.Folder);
        running = await server.StartAsync(setup, cancellationToken);
    }

    /// <summary>A client that connects with its first request, or when told to.</summary>
    public RegistryClient CreateClient() => new(new HttpConnection(Running.Endpoint), Running.Store is { } store ? new HttpConnection(store) : null);

    public async ValueTask DisposeAsync()
    {
        if (running is not null)
        {
            await running.DisposeAsync();
            running = null;
        }
    }
}
