using Registry.Storage.FileSystem;
using Registry.Storage.Testing;

namespace Registry.Storage;

public sealed class FileSystemObjectStoreContract(FileSystemStoreFixture fixture) : ObjectStoreContract(fixture), IClassFixture<FileSystemStoreFixture>;

public sealed class FileSystemStoreFixture : ObjectStoreFixture
{
    private readonly StoreFolder folder = new();

    public override bool DeletesConditionally => true;

    public override bool ListsUnfinishedUploads => true;

    public override ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IObjectStore>(folder.Open());

    public override async ValueTask DisposeAsync()
    {
        folder.Dispose();
        await base.DisposeAsync();
    }
}
