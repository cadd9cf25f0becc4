using Registry.Core.Tests.Simulation;
using Registry.Storage;
using Registry.Storage.FileSystem;
using Registry.Storage.InMemory;
using Registry.Storage.Testing;
using Registry.TagHistories;
using Xunit;

namespace Registry.Simulation;

public sealed class InMemoryTagHistories(InMemoryHistoriesFixture fixture) : ConcurrentTagHistories(fixture), IClassFixture<InMemoryHistoriesFixture>
{
    protected override int Rounds => 300;
}

public sealed class FileSystemTagHistories(FileSystemHistoriesFixture fixture) : ConcurrentTagHistories(fixture), IClassFixture<FileSystemHistoriesFixture>;

public sealed class InMemoryHistoriesFixture : ObjectStoreFixture
{
    private readonly InMemoryObjectStore _store = new(TimeProvider.System);

    public override ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IObjectStore>(new YieldingStore(_store.Share()));

    // Memory answers at once: without a turn for the others in between, actions would hardly overlap on a busy machine.
    private sealed class YieldingStore(IObjectStore inner) : InterceptedStore(inner)
    {
        protected override async ValueTask<T> AroundAsync<T>(StoreCall call, Func<ValueTask<T>> perform)
        {
            await Task.Yield();
            return await perform();
        }
    }
}

public sealed class FileSystemHistoriesFixture : ObjectStoreFixture
{
    private readonly StoreFolder _folder = new();

    public override ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IObjectStore>(_folder.Open());

    public override async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await base.DisposeAsync();
    }
}
