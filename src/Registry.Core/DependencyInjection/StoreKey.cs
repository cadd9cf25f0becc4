using Registry.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What the stores of a registry are registered as services under.</summary>
internal static class StoreKey
{
    /// <summary>The key of a store of a registry. The registry's own has no name.</summary>
    public static string Of(string registry, string store) => store.Length == 0 ? registry : $"{registry}|store|{store}";

    /// <summary>Finds a store of a registry.</summary>
    public static IObjectStore? Find(IServiceProvider services, string registry, string store) =>
        services.GetKeyedService<IObjectStore>(Of(registry, store))
        ?? services.GetKeyedServices<StoreFinder>(registry).Select(finder => finder.Find(services, store)).FirstOrDefault(static found => found is not null);
}

/// <summary>Finds stores that were not added by name.</summary>
internal sealed record StoreFinder(Func<IServiceProvider, string, IObjectStore?> Find);
