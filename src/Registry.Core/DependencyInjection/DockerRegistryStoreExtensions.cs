using Microsoft.Extensions.DependencyInjection.Extensions;
using Registry.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives a registry stores of any kind; what packages with stores build on.</summary>
public static class DockerRegistryStoreExtensions
{
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

    /// <summary>Adds a store beside the registry's own, which feeds can be kept in by its name (<see cref="Registry.Feeds.Feed.Store"/>).</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="name">The store's name.</param>
    /// <param name="configure">Says what kind of store it is, by the methods that say so for the registry: <c>store => store.AddFileSystemStorage("archive")</c>.</param>
    public static IDockerRegistryBuilder AddStore(this IDockerRegistryBuilder builder, string name, Action<IDockerRegistryBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        configure(new StoreBuilder(StoreKey.Of(builder.Name, name), builder.Services));
        return builder;
    }

    /// <summary>Finds stores that are not known when the host starts, for feeds that come while it runs. Stores that were added by name are found first.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="find">
    /// Gives the store of a name, or <see langword="null"/> where there is none. It is asked once for each name that it has a store for; the stores are the host's to dispose.
    /// </param>
    public static IDockerRegistryBuilder AddStores(this IDockerRegistryBuilder builder, Func<IServiceProvider, string, IObjectStore?> find)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(find);
        builder.Services.AddKeyedSingleton(builder.Name, new StoreFinder(find));
        return builder;
    }

    private sealed record StoreBuilder(string Name, IServiceCollection Services) : IDockerRegistryBuilder;
}
