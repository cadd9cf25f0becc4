using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Registry.AspNetCore;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;
using Registry.AspNetCore.Maintenance;
using Registry.AspNetCore.Quotas;
using Registry.AspNetCore.RateLimiting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a Docker/OCI registry to a host's services.</summary>
public static class DockerRegistryServiceCollectionExtensions
{
    /// <summary>Adds the host's registry. Nothing is open before the builder that is returned is told who may do what.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options.</param>
    public static IDockerRegistryBuilder AddDockerRegistry(this IServiceCollection services, Action<DockerRegistryOptions>? configure = null) =>
        services.AddDockerRegistry("", configure);

    /// <summary>Adds one of several registries, each with storage, access rules and options of its own.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">What <c>MapDockerRegistry</c> calls it by.</param>
    /// <param name="configure">Sets options.</param>
    public static IDockerRegistryBuilder AddDockerRegistry(this IServiceCollection services, string name, Action<DockerRegistryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        services.AddOptions();
        services.AddLogging();
        services.AddAuthorization();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RegistryMetrics>();
        services.TryAddSingleton(new HostHandlers(services));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RegistryStartup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, MaintenanceService>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, QuotaSchedule>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAuthorizationHandler, RegistryRightsHandler>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<RateLimiterOptions>, RegistryRejections>());
        var builder = new DockerRegistryBuilder(name, services);
        if (!services.Any(descriptor => descriptor.ImplementationInstance is RegistryRegistration registration && registration.Name == name))
        {
            services.AddSingleton(new RegistryRegistration(name));
            RegistryComposition.Add(builder);
        }

        if (configure is not null)
        {
            services.Configure(name, configure);
        }

        return builder;
    }

    private sealed record DockerRegistryBuilder(string Name, IServiceCollection Services) : IDockerRegistryBuilder;
}
