using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.SignIn;
using Registry.AspNetCore.Tokens;
using Registry.Model;
using Registry.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What a registry needs once clients can sign in to it.</summary>
internal static class SignInServices
{
    public static void AddSignIn(IDockerRegistryBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.Configure<RegistryAccessOptions>(builder.Name, static options => options.UsesSignIn = true);
        services.AddDataProtection();
        services.TryAddKeyedSingleton(builder.Name, static (provider, key) =>
            new TokenProtector(provider.GetRequiredService<IDataProtectionProvider>(), (string)key!, provider.GetRequiredService<TimeProvider>()));
        services.TryAddKeyedSingleton(builder.Name, static (provider, key) =>
            new RefreshTokenStore(provider.GetRequiredKeyedService<IObjectStore>(key), new Ulid(provider.GetRequiredService<TimeProvider>())));
        services.TryAddKeyedSingleton(builder.Name, static (provider, key) => new TokenService(
            provider.GetRequiredKeyedService<RegistryGate>(key),
            provider.GetRequiredKeyedService<CallerReader>(key),
            provider.GetRequiredKeyedService<TokenProtector>(key),
            provider.GetRequiredKeyedService<RefreshTokenStore>(key),
            provider.GetKeyedService<ICredentialChain>(key),
            provider.GetRequiredService<IOptionsMonitor<SignInOptions>>().Get((string)key!),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddKeyedSingleton<IRefreshTokenService>(builder.Name, static (provider, key) => provider.GetRequiredKeyedService<TokenService>(key));
    }
}
