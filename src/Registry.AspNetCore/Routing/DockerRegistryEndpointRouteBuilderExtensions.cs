using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Feeds;
using Registry.AspNetCore.Hosting;
using Registry.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps a Docker/OCI registry into a host's endpoints.</summary>
public static class DockerRegistryEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a registry. Docker clients look for it at <c>/v2</c>; several registries are told apart by host name (<c>RequireHost</c> on what is returned) or by a
    /// path in front, which only some clients and mirrors can be given.
    /// </summary>
    /// <param name="endpoints">The host's endpoints.</param>
    /// <param name="prefix">The path that the registry's requests begin with.</param>
    /// <param name="name">The name that the registry was added under.</param>
    /// <returns>The endpoints, for conventions such as <c>RequireHost</c>, <c>RequireRateLimiting</c> or <c>RequireAuthorization</c>.</returns>
    /// <exception cref="InvalidOperationException">No registry was added under this name.</exception>
    public static IEndpointConventionBuilder MapDockerRegistry(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string prefix = "/v2", string name = "")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(name);
        IServiceProvider services = endpoints.ServiceProvider;
        if (!services.GetServices<RegistryRegistration>().Any(registration => registration.Name == name))
        {
            string call = name.Length == 0 ? "AddDockerRegistry()" : $"AddDockerRegistry(\"{name}\")";
            throw new InvalidOperationException($"There is no such registry. Call builder.Services.{call} before MapDockerRegistry.");
        }

        var endpoint = new RegistryEndpoint(() => services.GetRequiredKeyedService<RegistryInstance>(name), services.GetRequiredService<RegistryMetrics>());
        string path = prefix.TrimEnd('/');
        string display = name.Length == 0 ? "Docker registry" : $"Docker registry '{name}'";
        var builders = new List<IEndpointConventionBuilder> { endpoints.Map($"{path}/{{**path}}", endpoint.HandleAsync).WithDisplayName(display) };
        if (path.Length > 0 && services.GetRequiredKeyedService<FeedRegistrations>(name).AreUsed)
        {
            // Mirrors are given an address in which a feed comes before the protocol's own path. The host's own routes of this form come first.
            int last = path.LastIndexOf('/');
            string route = $"{path[..(last + 1)]}{{{RegistryEndpoint.FeedParameter}}}/{path[(last + 1)..]}/{{**path}}";
            builders.Add(endpoints.Map(route, endpoint.HandleAsync).WithDisplayName(display + ", by feed").WithOrder(1));
        }

        // The registry decides about access itself. A fallback policy made for pages must not send its clients to a sign-in form, but a policy that the
        // host puts on these very endpoints counts.
        var builder = new RegistryConventions(builders);
        builder.Finally(static route =>
        {
            if (!route.Metadata.OfType<IAuthorizeData>().Any() && !route.Metadata.OfType<AuthorizationPolicy>().Any())
            {
                route.Metadata.Add(new AllowAnonymousAttribute());
            }
        });
        return builder;
    }

    /// <summary>Conventions for every endpoint of a registry.</summary>
    private sealed class RegistryConventions(List<IEndpointConventionBuilder> builders) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention) => builders.ForEach(builder => builder.Add(convention));

        public void Finally(Action<EndpointBuilder> finallyConvention) => builders.ForEach(builder => builder.Finally(finallyConvention));
    }
}
