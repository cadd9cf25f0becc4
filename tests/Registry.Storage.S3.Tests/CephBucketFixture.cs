using Amazon.Runtime;
using Amazon.S3;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage.Testing;
using Registry.TestServers.Ceph;

namespace Registry.Storage.S3;

/// <summary>A bucket of its own on the Ceph of the run.</summary>
public sealed class CephBucketFixture(CephFixture fixture) : ObjectStoreFixture
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private CephServer? server;

    public override int RaceRounds => 15;

    public override bool ListsUnfinishedUploads => true;

    public string Bucket { get; } = $"tests-{Guid.NewGuid():N}";

    /// <summary>A client of its own, to look at what is really in the bucket.</summary>
    public IAmazonS3 Client { get; private set; } = null!;

    public S3ObjectStoreOptions Options => new()
    {
        Bucket = Bucket, Prefix = "reg/", ServiceUrl = server!.Address, ForcePathStyle = true, Region = "us-east-1",
    };

    public static S3ObjectStore Open(S3ObjectStoreOptions options)
    {
        S3ObjectStoreOptionsValidator.ThrowIfInvalid(options);
        return new S3ObjectStore(S3Clients.Make(options, new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey)), options, TimeProvider.System, NullLogger.Instance);
    }

    public override async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        gate.Dispose();
        await base.DisposeAsync();
    }

    public override async ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken)
    {
        await RequireAsync(cancellationToken);
        return Open(Options);
    }

    /// <summary>The server, with the bucket on it. Skips the test where it cannot be had.</summary>
    public async ValueTask<CephServer> RequireAsync(CancellationToken cancellationToken)
    {
        CephServer running = await fixture.RequireAsync(cancellationToken);
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (server is null)
            {
                server = running;
                Client = S3Clients.Make(Options, new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey)).Main;
                await Client.PutBucketAsync(Bucket, cancellationToken);
            }
        }
        finally
        {
            gate.Release();
        }

        return running;
    }
}
