using Registry.Storage.InMemory;
using Registry.Storage.Testing;

namespace Registry.Storage;

public sealed class InMemoryObjectStoreContract(InMemoryStoreFixture fixture) : ObjectStoreContract(fixture), IClassFixture<InMemoryStoreFixture>;

public sealed class InMemoryStoreFixture : ObjectStoreFixture
{
    private readonly InMemoryObjectStore place = new(TimeProvider.System);

    public override ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IObjectStore>(place.Share());
}
