using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Diagnostics;
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
        IEndpointConventionBuilder builder = endpoints.Map($"{prefix.TrimEnd('/')}/{{**path}}", endpoint.HandleAsync)
            .WithDisplayName(name.Length == 0 ? "Docker registry" : $"Docker registry '{name}'");

        // The registry decides about access itself. A fallback policy made for pages must not send its clients to a sign-in form, but a policy that the
        // host puts on these very endpoints counts.
        builder.Finally(static route =>
        {
            if (!route.Metadata.OfType<IAuthorizeData>().Any() && !route.Metadata.OfType<AuthorizationPolicy>().Any())
            {
                route.Metadata.Add(new AllowAnonymousAttribute());
            }
        });
        return builder;
    }
}
