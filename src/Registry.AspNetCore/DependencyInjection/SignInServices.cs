using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.Chain;
using Registry.AspNetCore.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What a registry needs once its clients sign in.</summary>
internal static class SignInServices
{
    /// <summary>Adds it. Doing so again changes nothing.</summary>
    public static void AddSignIn(IDockerRegistryBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string name = builder.Name;
        if (builder.Services.Any(service => service.IsKeyedService && service.ServiceType == typeof(ICredentialChain) && Equals(service.ServiceKey, name)))
        {
            return;
        }

        builder.Services.TryAddSingleton<HashingSlots>();
        builder.Services.AddKeyedSingleton(name, static (services, key) => new ValidatorSet(services, (string)key!));
        builder.Services.AddKeyedSingleton<ICredentialChain>(name, static (services, key) => new CredentialChain(
            services.GetRequiredKeyedService<ValidatorSet>(key),
            services.GetRequiredService<IOptionsMonitor<CredentialOptions>>().Get((string)key!),
            services.GetRequiredService<TimeProvider>()));
        builder.Services.AddKeyedSingleton<IStartupCheck>(name, static (services, key) => new ValidatorCheck(
            services.GetRequiredKeyedService<ValidatorSet>(key),
            services.GetRequiredService<IOptionsMonitor<CredentialOptions>>().Get((string)key!)));
    }
}
