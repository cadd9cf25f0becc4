using System.IO.Abstractions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage;
using Registry.Storage.FileSystem;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>A registry that a class of tests shares. Each test uses repositories of its own.</summary>
public abstract class RegistryFixture : IAsyncLifetime
{
    private RegistryHost? _host;

    public RegistryHost Host => _host ?? throw new InvalidOperationException("The host has not been started.");

    public RegistryClient Client => new(Host.Client);

    public static string NewRepository() => $"tests/{Guid.NewGuid():n}";

    public async ValueTask InitializeAsync() => _host = await StartAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts a further host over the same store, as another node or after a restart.</summary>
    public Task<RegistryHost> StartAsync(
        Action<DockerRegistryOptions>? configure = null, Func<IObjectStore, IObjectStore>? wrap = null, Action<WebApplication>? before = null) => RegistryHost.StartAsync(
            builder => builder.Services.AddDockerRegistry(configure).AddStorage(_ => wrap is null ? OpenStore() : wrap(OpenStore())).AllowAnonymous(),
            app =>
            {
                before?.Invoke(app);
                app.MapDockerRegistry();
            });

    /// <summary>Opens an instance of the store, as another node does.</summary>
    protected abstract IObjectStore OpenStore();
}

public sealed class InMemoryRegistry : RegistryFixture
{
    private readonly InMemoryObjectStore _store = new(TimeProvider.System);

    protected override IObjectStore OpenStore() => _store.Share();
}

public sealed class FileSystemRegistry : RegistryFixture
{
    private const string StoreFolder = "store";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("registry-tests-");

    /// <summary>What is beside the store's own folder.</summary>
    public IEnumerable<string> FilesOutside => _folder.EnumerateFileSystemInfos().Select(static entry => entry.Name).Where(static name => name != StoreFolder);

    /// <summary>Every object's file.</summary>
    public IReadOnlyList<string> Files =>
        [.. _folder.EnumerateFiles("*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_folder.FullName, file.FullName)).Order(StringComparer.Ordinal)];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    protected override IObjectStore OpenStore()
    {
        var options = new FileSystemObjectStoreOptions { Root = Path.Combine(_folder.FullName, StoreFolder), Durability = FileSystemDurability.Process };
        return new FileSystemObjectStore(new FileSystem(), options, TimeProvider.System, NullLogger<FileSystemObjectStore>.Instance);
    }
}
