using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.Storage;
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

    /// <summary>Starts a further host over the same store.</summary>
    public Task<RegistryHost> StartAsync(Action<DockerRegistryOptions>? configure = null) => RegistryHost.StartAsync(
        (WebApplicationBuilder builder) => AddStorage(builder.Services.AddDockerRegistry(configure)).AllowAnonymous(),
        static app => app.MapDockerRegistry());

    public abstract IDockerRegistryBuilder AddStorage(IDockerRegistryBuilder registry);
}

public sealed class InMemoryRegistry : RegistryFixture
{
    private readonly InMemoryObjectStore _store = new(TimeProvider.System);

    public override IDockerRegistryBuilder AddStorage(IDockerRegistryBuilder registry) => registry.AddStorage(_ => _store);
}

public sealed class FileSystemRegistry : RegistryFixture
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("registry-tests-");

    public override IDockerRegistryBuilder AddStorage(IDockerRegistryBuilder registry) =>
        registry.AddFileSystemStorage(_folder.FullName, static options => options.Durability = FileSystemDurability.Process);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
