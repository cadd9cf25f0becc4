using Microsoft.Extensions.Logging.Abstractions;

namespace Registry.Storage.FileSystem;

/// <summary>A folder of its own for a test's stores, removed in the end.</summary>
public sealed class StoreFolder : IDisposable
{
    public string Root { get; } = Path.Combine(Directory.CreateTempSubdirectory("registry-store-").FullName, "store");

    public FileSystemObjectStore Open(FileSystemObjectStoreOptions? options = null, TimeProvider? time = null)
    {
        options ??= new FileSystemObjectStoreOptions();
        options.Root = Root;
        return new FileSystemObjectStore(
            new System.IO.Abstractions.FileSystem(), options, time ?? TimeProvider.System, NullLogger<FileSystemObjectStore>.Instance);
    }

    public string PathOf(params string[] names) => Path.Combine([Root, .. names]);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(Root)!, recursive: true);
}
