using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.Infrastructure;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.DataProtection;
using Registry.Model;
using Registry.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps Data Protection's keys where a registry keeps everything else.</summary>
public static class DockerRegistryDataProtectionExtensions
{
    // What hosts with the same keys have to agree on. By default it is the folder that a host runs in, which may differ from machine to machine.
    private const string ApplicationName = "Registry";

    /// <summary>
    /// Keeps the keys that tokens are made with in a registry's own store, so that any number of hosts with that store accept each other's tokens, and tokens outlive a restart, with nothing else installed. The keys
    /// are stored as they are: who can read the store can make tokens, unless they are encrypted too (<c>ProtectKeysWithCertificate</c> and its like).
    /// </summary>
    /// <param name="builder">The host's Data Protection: <c>builder.Services.AddDataProtection()</c>. Whatever else the host protects with it is protected by these keys then.</param>
    /// <param name="registry">The name that the registry was added under.</param>
    /// <returns>The host's Data Protection.</returns>
    /// <remarks>Where the host has set no application name, it gets one that does not depend on the folder that it runs in.</remarks>
    public static IDataProtectionBuilder PersistKeysToRegistryStore(this IDataProtectionBuilder builder, string registry = "")
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(registry);
        builder.Services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(services => new ConfigureOptions<KeyManagementOptions>(options =>
            options.XmlRepository = new StoredKeys(services.GetRequiredKeyedService<IObjectStore>(registry), new Ulid(services.GetRequiredService<TimeProvider>()))));
        builder.Services.AddSingleton<IPostConfigureOptions<DataProtectionOptions>>(static services => new PostConfigureOptions<DataProtectionOptions>(null, options =>
        {
            if (options.ApplicationDiscriminator is null || options.ApplicationDiscriminator == services.GetService<IApplicationDiscriminator>()?.Discriminator)
            {
                options.ApplicationDiscriminator = ApplicationName;
            }
        }));
        return builder;
    }
}
