using Registry.TestServers.Ceph;

namespace Registry.Bench.Servers;

/// <summary>
/// Ceph's S3 gateway, with a bucket for each of the two servers. It keeps everything in memory, so that a row measures the registries and not the disk, and is new for every suite.
/// </summary>
internal sealed class SharedStore(string folder) : IAsyncDisposable
{
    private const long MemoryBytes = 14_000_000_000;

    private CephServer? ceph;
    private int started;

    public const string Description = "Ceph's S3 gateway on the same machine, in memory, new for every group of rows; a bucket for each server. Its processor time is part of \"other CPU\"";

    public async Task RenewAsync(IEnumerable<Target> targets, CancellationToken cancellationToken)
    {
        await DisposeAsync();
        ceph = await CephServer.StartAsync(Directory.CreateDirectory(Path.Combine(folder, $"ceph{++started}")).FullName, cancellationToken, MemoryBytes);
        foreach (var target in targets)
        {
            await ceph.CreateBucketAsync(target.Label, cancellationToken);
        }
    }

    public Bucket BucketOf(Target target) => new(ceph!.Address, target.Label, CephServer.AccessKey, CephServer.SecretKey);

    public async ValueTask DisposeAsync()
    {
        if (ceph is not null)
        {
            await ceph.DisposeAsync();
            ceph = null;
        }
    }
}
