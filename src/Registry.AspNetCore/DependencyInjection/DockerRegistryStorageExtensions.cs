using Microsoft.Extensions.DependencyInjection.Extensions;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives a registry the store that it keeps everything in.</summary>
public static class DockerRegistryStorageExtensions
{
    /// <summary>Keeps everything in memory, until the process ends. For tests.</summary>
    /// <param name="builder">The registry.</param>
    public static IDockerRegistryBuilder AddInMemoryStorage(this IDockerRegistryBuilder builder) =>
        builder.AddStorage(static services => new InMemoryObjectStore(services.GetRequiredService<TimeProvider>()));

    /// <summary>Keeps everything in a store of the host's choice.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="create">Makes the store, once; it is disposed with the host's services.</param>
    public static IDockerRegistryBuilder AddStorage(this IDockerRegistryBuilder builder, Func<IServiceProvider, IObjectStore> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        builder.Services.RemoveAllKeyed<IObjectStore>(builder.Name);
        builder.Services.AddKeyedSingleton(builder.Name, (services, _) => create(services));
        return builder;
    }
}
