using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Feeds;
using Registry.AspNetCore.SignIn;
using Registry.AspNetCore.Tags;
using Registry.AspNetCore.Tokens;
using Registry.Feeds;

namespace Registry.AspNetCore.Hosting;

/// <summary>Puts one registry together: its services are keyed by its name, so that the registries of one host share nothing.</summary>
internal static class RegistryComposition
{
    public static void Add(IDockerRegistryBuilder builder)
    {
        IServiceCollection services = builder.Services;
        string name = builder.Name;
        builder.Gather<FeedRegistrations>();
        builder.Gather<GrantSources>();
        services.AddKeyedSingleton(name, static (provider, key) => provider.GetRequiredKeyedService<FeedRegistrations>(key).Create());
        services.AddKeyedSingleton<IFeedProvider>(name, static (provider, key) => provider.GetRequiredKeyedService<HostFeeds>(key));
        services.AddKeyedSingleton(name, static (provider, key) =>
        {
            ILogger logger = LoggerOf(provider);
            return new FeedDirectory(provider.GetRequiredKeyedService<IFeedProvider>(key), (e, mistakes) => logger.FeedsRefused((string)key!, string.Join(" ", mistakes), e));
        });
        services.AddKeyedSingleton(name, static (provider, key) => new ContentRoots(
            store => StoreKey.Find(provider, (string)key!, store), OptionsOf<DockerRegistryOptions>(provider, key).Content, provider.GetRequiredService<TimeProvider>()));
        services.AddKeyedSingleton<IFeedContentService>(name, static (provider, key) => new FeedContentService(
            provider.GetRequiredKeyedService<IFeedProvider>(key), provider.GetRequiredKeyedService<ContentRoots>(key)));
        services.AddKeyedSingleton<ITagHistoryService>(name, static (provider, key) => new TagHistoryService(
            provider.GetRequiredKeyedService<FeedDirectory>(key), provider.GetRequiredKeyedService<ContentRoots>(key)));
        services.AddKeyedSingleton(name, static (provider, key) => new GrantBook(provider.GetRequiredKeyedService<GrantSources>(key), LoggerOf(provider)));
        services.AddKeyedSingleton(name, static (provider, key) => new RegistryRights(
            OptionsOf<RegistryAccessOptions>(provider, key), provider.GetRequiredKeyedService<GrantBook>(key), provider.GetRequiredKeyedService<FeedDirectory>(key)));
        services.AddKeyedSingleton(name, static (provider, key) => new CallerReader(
            OptionsOf<RegistryAccessOptions>(provider, key), OptionsOf<SignInOptions>(provider, key), provider.GetKeyedService<ICredentialChain>(key), provider.GetKeyedService<TokenProtector>(key), provider.GetRequiredService<HostHandlers>()));
        services.AddKeyedSingleton(name, static (provider, key) => new RegistryGate(
            (string)key!,
            OptionsOf<RegistryAccessOptions>(provider, key),
            provider.GetRequiredKeyedService<RegistryRights>(key),
            provider.GetRequiredKeyedService<CallerReader>(key),
            provider.GetRequiredService<IAuthorizationService>(),
            provider.GetRequiredService<HostHandlers>()));
        services.AddKeyedSingleton(name, static (provider, key) => Create(provider, (string)key!));
    }

    private static RegistryInstance Create(IServiceProvider services, string name)
    {
        RegistryAccessOptions access = OptionsOf<RegistryAccessOptions>(services, name);
        SignInOptions signIn = OptionsOf<SignInOptions>(services, name);
        return new RegistryInstance(
            name,
            OptionsOf<DockerRegistryOptions>(services, name),
            services.GetRequiredKeyedService<FeedDirectory>(name),
            services.GetRequiredKeyedService<ContentRoots>(name),
            services.GetRequiredKeyedService<RegistryGate>(name),
            new Challenger(access, signIn),
            access.UsesSignIn && signIn.ExternalRealm is null ? services.GetRequiredKeyedService<TokenService>(name) : null,
            LoggerOf(services));
    }

    private static T OptionsOf<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(IServiceProvider services, object? name) => services.GetRequiredService<IOptionsMonitor<T>>().Get((string)name!);

    private static ILogger LoggerOf(IServiceProvider services) => services.GetRequiredService<ILoggerFactory>().CreateLogger("Registry");
}
