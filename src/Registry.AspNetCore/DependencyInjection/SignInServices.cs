using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.Chain;
using Registry.AspNetCore.Hosting;
using Registry.AspNetCore.SignIn;
using Registry.AspNetCore.Tokens;
using Registry.Model;
using Registry.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What a registry needs once its clients sign in.</summary>
internal static class SignInServices
{
    /// <summary>Adds it. Doing so again changes nothing.</summary>
    public static void AddSignIn(IDockerRegistryBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string name = builder.Name;
        IServiceCollection services = builder.Services;
        if (services.Any(service => service.IsKeyedService && service.ServiceType == typeof(ICredentialChain) && Equals(service.ServiceKey, name)))
        {
            return;
        }

        services.Configure<RegistryAccessOptions>(name, static options => options.UsesSignIn = true);
        AddCredentials(services, name);
        AddTokens(services, name);
    }

    private static void AddCredentials(IServiceCollection services, string name)
    {
        services.TryAddSingleton<HashingSlots>();
        services.AddKeyedSingleton(name, static (provider, key) => new ValidatorSet(provider, (string)key!));
        services.AddKeyedSingleton<ICredentialChain>(name, static (provider, key) => new CredentialChain(
            provider.GetRequiredKeyedService<ValidatorSet>(key),
            provider.GetRequiredService<IOptionsMonitor<CredentialOptions>>().Get((string)key!),
            provider.GetRequiredService<TimeProvider>()));
        services.AddKeyedSingleton<IStartupCheck>(name, static (provider, key) => new ValidatorCheck(
            provider.GetRequiredKeyedService<ValidatorSet>(key),
            provider.GetRequiredService<IOptionsMonitor<CredentialOptions>>().Get((string)key!)));
    }

    private static void AddTokens(IServiceCollection services, string name)
    {
        services.AddDataProtection();
        services.AddKeyedSingleton(name, static (provider, key) =>
            new TokenProtector(provider.GetRequiredService<IDataProtectionProvider>(), (string)key!, provider.GetRequiredService<TimeProvider>()));
        services.AddKeyedSingleton(name, static (provider, key) =>
            new RefreshTokenStore(provider.GetRequiredKeyedService<IObjectStore>(key), new Ulid(provider.GetRequiredService<TimeProvider>())));
        services.AddKeyedSingleton(name, static (provider, key) => new TokenService(
            provider.GetRequiredKeyedService<RegistryGate>(key),
            provider.GetRequiredKeyedService<CallerReader>(key),
            provider.GetRequiredKeyedService<TokenProtector>(key),
            provider.GetRequiredKeyedService<RefreshTokenStore>(key),
            provider.GetRequiredKeyedService<ICredentialChain>(key),
            provider.GetRequiredService<IOptionsMonitor<SignInOptions>>().Get((string)key!),
            provider.GetRequiredService<TimeProvider>()));
        services.AddKeyedSingleton<IRefreshTokenService>(name, static (provider, key) => provider.GetRequiredKeyedService<TokenService>(key));
        if (name.Length == 0)
        {
            services.TryAddSingleton(static provider => provider.GetRequiredKeyedService<IRefreshTokenService>(""));
        }
    }
}
