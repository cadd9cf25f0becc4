using Microsoft.Extensions.Diagnostics.HealthChecks;
using Registry.AspNetCore.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a health check that asks whether a registry's store can be read.</summary>
public static class DockerRegistryHealthCheckExtensions
{
    /// <summary>Adds the check.</summary>
    /// <param name="builder">The host's health checks.</param>
    /// <param name="registry">The name that the registry was added under.</param>
    /// <param name="name">The check's name; by default <c>docker-registry</c>, with the registry's name behind it where it has one.</param>
    /// <param name="tags">The check's tags.</param>
    public static IHealthChecksBuilder AddDockerRegistry(this IHealthChecksBuilder builder, string registry = "", string? name = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name ?? (registry.Length == 0 ? "docker-registry" : $"docker-registry-{registry}"),
            services => new StoreHealthCheck(services.GetRequiredKeyedService<RegistryInstance>(registry)),
            failureStatus: null,
            tags));
    }

    private sealed class StoreHealthCheck(RegistryInstance registry) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                foreach (string store in registry.Feeds.Current.Stores)
                {
                    await registry.Roots.Get(store).Format.EnsureAsync(cancellationToken).ConfigureAwait(false);
                }

                return HealthCheckResult.Healthy();
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                return new HealthCheckResult(context.Registration.FailureStatus, "The registry's store cannot be used.", e);
            }
        }
    }
}
