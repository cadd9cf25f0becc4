using Amazon.S3;
using Microsoft.Extensions.Logging;
using Registry.Storage.S3;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps a registry in an S3 bucket.</summary>
public static class DockerRegistryS3Extensions
{
    /// <summary>
    /// Keeps everything in a bucket, which any number of processes may share. The host's <see cref="IAmazonS3"/> is used where its services have one; otherwise the store makes its own by the options, with
    /// credentials from the SDK's chain.
    /// </summary>
    /// <param name="builder">The registry.</param>
    /// <param name="configure">Sets at least the bucket.</param>
    public static IDockerRegistryBuilder AddS3Storage(this IDockerRegistryBuilder builder, Action<S3ObjectStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddStorage(services =>
        {
            var options = new S3ObjectStoreOptions();
            configure(options);
            TimeProvider time = services.GetRequiredService<TimeProvider>();
            ILogger<S3ObjectStore> logger = services.GetRequiredService<ILogger<S3ObjectStore>>();
            return services.GetService<IAmazonS3>() is { } client ? new S3ObjectStore(client, options, time, logger) : new S3ObjectStore(options, time, logger);
        });
    }
}
