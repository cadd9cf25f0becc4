using Registry.Storage.Testing;

namespace Registry.Storage.S3;

public sealed class S3ObjectStoreContract(CephBucketFixture fixture) : ObjectStoreContract(fixture), IClassFixture<CephBucketFixture>;

/// <summary>The same on a server that takes ETags in quotes and keeps the condition of deletes.</summary>
public sealed class S3ConditionalDeleteContract(ConditionalDeleteFixture fixture) : ObjectStoreContract(fixture), IClassFixture<ConditionalDeleteFixture>;

public sealed class S3UnreachableStoreContract(CephBucketFixture fixture) : UnreachableStoreContract(fixture), IClassFixture<CephBucketFixture>
{
    // Port 1 is nobody's.
    protected override ValueTask<IObjectStore> OpenUnreachableStoreAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IObjectStore>(CephBucketFixture.Open(new S3ObjectStoreOptions
        {
            Bucket = "unreachable", ServiceUrl = new Uri("http://127.0.0.1:1"), ForcePathStyle = true, Region = "us-east-1", MaxRetries = 1,
        }));
}
