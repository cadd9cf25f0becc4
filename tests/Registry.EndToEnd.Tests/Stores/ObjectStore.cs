using Registry.EndToEnd.Tests.Hosting;
using Registry.TestServers.Azurite;
using Registry.TestServers.Ceph;

namespace Registry.EndToEnd.Tests.Stores;

/// <summary>
/// A server of an object store, one for the run, started when the first test asks for it; and the sample host that keeps
/// a registry on it.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    public const string S3 = "S3";
    public const string Azure = "Azure";

    private readonly IAsyncDisposable _server;
    private readonly Func<string, CancellationToken, Task<HostOptions>> _newPlace;
    private readonly Lazy<Task<HostOptions>> _sharedPlace;
    private int _next;

    private ObjectStore(IAsyncDisposable server, Uri address, Func<string, CancellationToken, Task<HostOptions>> newPlace)
    {
        _server = server;
        _newPlace = newPlace;
        _sharedPlace = new Lazy<Task<HostOptions>>(() => NewPlaceAsync(CancellationToken.None));
        Address = address;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>The server; skips the test where it cannot be had.</summary>
    public static Task<ObjectStore> SharedAsync(TestRun run, string store) =>
        run.SharedAsync(store, () => store == S3 ? StartCephAsync(run) : StartAzuriteAsync(run));

    /// <summary>A host whose registry is in a bucket or container of its own. Several such hosts share one registry.</summary>
    public Task<HostOptions> NewPlaceAsync(CancellationToken cancellationToken) => _newPlace($"registry-{Interlocked.Increment(ref _next)}", cancellationToken);

    /// <summary>A host whose registry is in the bucket or container that tests share.</summary>
    public Task<HostOptions> SharedPlaceAsync(CancellationToken cancellationToken) => _sharedPlace.Value.WaitAsync(cancellationToken);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static async Task<ObjectStore> StartCephAsync(TestRun run)
    {
        Assert.SkipWhen(CephServer.Missing is not null, CephServer.Missing ?? "");
        var ceph = await CephServer.StartAsync(run.Temp.NewDirectory("ceph"), CancellationToken.None);
        return new ObjectStore(ceph, ceph.Address, async (bucket, cancellationToken) =>
        {
            await ceph.CreateBucketAsync(bucket, cancellationToken);
            return HostOptions.Sample(
                "S3",
                [$"--S3:Bucket={bucket}", $"--S3:ServiceUrl={ceph.Address}", "--S3:ForcePathStyle=true"],
                KeyValuePair.Create("AWS_ACCESS_KEY_ID", CephServer.AccessKey),
                KeyValuePair.Create("AWS_SECRET_ACCESS_KEY", CephServer.SecretKey));
        });
    }

    private static async Task<ObjectStore> StartAzuriteAsync(TestRun run)
    {
        var missing = await AzuriteServer.InstallAsync(CancellationToken.None);
        Assert.SkipWhen(missing is not null, missing ?? "");
        var azurite = await AzuriteServer.StartAsync(run.Temp.NewDirectory("azurite"), CancellationToken.None);
        return new ObjectStore(azurite, azurite.Address, (container, _) => Task.FromResult(HostOptions.Sample(
            "Azure", [$"--Azure:Container={container}"], KeyValuePair.Create("Azure__ConnectionString", azurite.ConnectionString))));
    }
}
