using Registry.Simulation.World;
using Registry.Storage;
using Registry.Storage.Testing;
using Xunit;

namespace Registry.Simulation;

/// <summary>The simulated store is a store like any other: what a simulation shows holds for those that keep the contract.</summary>
public sealed class SimulatedStoreContractTests(SimulatedStoreFixture fixture) : ObjectStoreContract(fixture), IClassFixture<SimulatedStoreFixture>;

public sealed class SimulatedStoreFixture : ObjectStoreFixture
{
    private readonly StoreContent _content = new() { Now = TimeProvider.System.GetUtcNow() };

    public override int LargeUploadBytes => 4 * 1024 * 1024;

    public override bool DeletesConditionally => true;

    public override bool ListsUnfinishedUploads => true;

    public override ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IObjectStore>(new DirectStore(_content));
}
