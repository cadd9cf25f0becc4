using Microsoft.Extensions.DependencyInjection.Extensions;
using Registry.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives a registry a store of any kind; what packages with stores build on.</summary>
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
}
