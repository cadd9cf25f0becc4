using Amazon.S3;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Registry.Storage.S3;

/// <summary>Makes the store from a host's services, for <c>AddStorage</c>.</summary>
public static class S3ObjectStoreFactory
{
    /// <summary>
    /// Makes the store with the host's <see cref="IAmazonS3"/> where it has registered one, else with a client of its own by <see cref="S3ObjectStoreOptions.ServiceUrl"/>,
    /// <see cref="S3ObjectStoreOptions.Region"/> and the SDK's own chain of credentials.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets the options; <see cref="S3ObjectStoreOptions.Bucket"/> at least.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options are wrong; all mistakes are named.</exception>
    public static S3ObjectStore Create(IServiceProvider services, Action<S3ObjectStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new S3ObjectStoreOptions();
        configure(options);
        TimeProvider time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        ILogger<S3ObjectStore> logger = services.GetService<ILogger<S3ObjectStore>>() ?? NullLogger<S3ObjectStore>.Instance;
        return services.GetService<IAmazonS3>() is { } client ? new S3ObjectStore(client, options, time, logger) : new S3ObjectStore(options, time, logger);
    }
}
