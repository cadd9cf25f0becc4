using Registry.Storage.S3;
using Registry.TestServers.Ceph;
using Registry.TestServers.Processes;

[assembly: AssemblyFixture(typeof(CephFixture))]

namespace Registry.Storage.S3;

/// <summary>The Ceph of the run, started when the first test asks for it.</summary>
public sealed class CephFixture : IAsyncLifetime
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private TempRoot? temp;
    private CephServer? server;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The server. Skips the test where it cannot be had.</summary>
    public async ValueTask<CephServer> RequireAsync(CancellationToken cancellationToken)
    {
        Assert.SkipWhen(CephServer.Missing is not null, CephServer.Missing ?? "");
        await gate.WaitAsync(cancellationToken);
        try
        {
            temp ??= await TempRoot.CreateAsync(keep: false, cancellationToken);
            return server ??= await CephServer.StartAsync(temp.NewDirectory("ceph"), CancellationToken.None);
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
