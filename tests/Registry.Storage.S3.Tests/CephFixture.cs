using Registry.Storage.S3;
using Registry.TestServers.Ceph;
using Registry.TestServers.Processes;

[assembly: AssemblyFixture(typeof(CephFixture))]

namespace Registry.Storage.S3;

/// <summary>The Ceph of the run, started when the first test asks for it.</summary>
public sealed class CephFixture : IAsyncLifetime
{
    private readonly OnDemand<CephServer> server = new("ceph", static _ => Task.FromResult(CephServer.Missing), static (folder, cancellationToken) => CephServer.StartAsync(folder, cancellationToken));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The server. Skips the test where it cannot be had.</summary>
    public async ValueTask<CephServer> RequireAsync(CancellationToken cancellationToken)
    {
        (CephServer? running, string? missing) = await server.GetAsync(cancellationToken);
        Assert.SkipWhen(missing is not null, missing ?? "");
        return running!;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
