using Amazon.Runtime;
using Amazon.S3;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage.Testing;

namespace Registry.Storage.S3;

/// <summary>A bucket of its own on the Ceph of the run.</summary>
public sealed class CephBucketFixture(CephServer ceph) : ObjectStoreFixture
{
    public override int RaceRounds => 15;

    public string Bucket { get; } = $"tests-{Guid.NewGuid():N}";

    /// <summary>A client of its own, to look at what is really in the bucket.</summary>
    public IAmazonS3 Client { get; private set; } = null!;

    public S3ObjectStoreOptions Options => new()
    {
        Bucket = Bucket, Prefix = "reg/", ServiceUrl = ceph.Address, ForcePathStyle = true, Region = "us-east-1",
    };

    public static S3ObjectStore Open(S3ObjectStoreOptions options)
    {
        S3ObjectStoreOptionsValidator.ThrowIfInvalid(options);
        return new S3ObjectStore(S3Clients.Make(options, new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey)), options, TimeProvider.System, NullLogger.Instance);
    }

    public override async ValueTask InitializeAsync()
    {
        if (ceph.Missing is null)
        {
            Client = S3Clients.Make(Options, new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey)).Main;
            await Client.PutBucketAsync(Bucket);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        await base.DisposeAsync();
    }

    public override ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken)
    {
        SkipWithoutCeph();
        return ValueTask.FromResult<IObjectStore>(Open(Options));
    }

    public void SkipWithoutCeph()
    {
        if (ceph.Missing is { } reason)
        {
            Assert.Skip(reason);
        }
    }
}
