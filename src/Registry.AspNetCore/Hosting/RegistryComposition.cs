using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Feeds;
using Registry.AspNetCore.Maintenance;
using Registry.AspNetCore.Quotas;
using Registry.AspNetCore.SignIn;
using Registry.AspNetCore.Tags;
using Registry.AspNetCore.Tokens;
using Registry.AspNetCore.Usage;
using Registry.Feeds;
using Registry.Maintenance.Usage;

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
            return new FeedDirectory(provider.GetRequiredKeyedService<IFeedProvider>(key), (e, mistakes) => logger.FeedsRefused((string)key!, string.Join(" ", mistakes), e), provider.GetRequiredService<TimeProvider>());
        });
        services.AddKeyedSingleton(name, static (provider, key) => new ContentRoots(
            store => StoreKey.Find(provider, (string)key!, store), OptionsOf<DockerRegistryOptions>(provider, key).Content, provider.GetRequiredService<TimeProvider>(), FeedsOf(provider, key)));
        services.AddKeyedSingleton<IQuotaService>(name, static (provider, key) => new QuotaService(
            provider.GetRequiredKeyedService<FeedDirectory>(key), provider.GetRequiredKeyedService<ContentRoots>(key), OptionsOf<DockerRegistryOptions>(provider, key).Maintenance));
        services.AddKeyedSingleton<IFeedContentService>(name, static (provider, key) => new FeedContentService(
            provider.GetRequiredKeyedService<IFeedProvider>(key), provider.GetRequiredKeyedService<ContentRoots>(key)));
        services.AddKeyedSingleton<ITagHistoryService>(name, static (provider, key) => new TagHistoryService(
            provider.GetRequiredKeyedService<FeedDirectory>(key), provider.GetRequiredKeyedService<ContentRoots>(key)));
        services.AddKeyedSingleton<IContentCopyService>(name, static (provider, key) => new ContentCopyService(
            store => StoreKey.Find(provider, (string)key!, store), provider.GetRequiredKeyedService<FeedDirectory>(key), provider.GetRequiredService<TimeProvider>()));
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
        AddUsage(services, name);
        AddMaintenance(services, name);
    }

    private static void AddUsage(IServiceCollection services, string name)
    {
        services.AddKeyedSingleton(name, static (provider, _) => new PullCounter(provider.GetRequiredService<TimeProvider>()));
        services.AddKeyedSingleton(name, static (provider, key) => new UsageWriter(provider.GetRequiredKeyedService<PullCounter>(key)));
        services.AddKeyedSingleton(name, static (provider, key) => new UsageRounds(
            provider.GetRequiredKeyedService<PullCounter>(key),
            provider.GetRequiredKeyedService<UsageWriter>(key),
            () => provider.GetRequiredKeyedService<RegistryInstance>(key),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<UsageRounds>(name));
        services.AddKeyedSingleton<IUsageService>(name, static (provider, key) => new UsageService(
            provider.GetRequiredKeyedService<IFeedProvider>(key), provider.GetRequiredKeyedService<ContentRoots>(key), provider.GetRequiredKeyedService<UsageWriter>(key)));
    }

    private static void AddMaintenance(IServiceCollection services, string name)
    {
        services.AddKeyedSingleton(name, static (provider, key) => new CollectionJob(
            provider.GetRequiredKeyedService<FeedDirectory>(key),
            provider.GetRequiredKeyedService<ContentRoots>(key),
            OptionsOf<DockerRegistryOptions>(provider, key).Maintenance,
            provider.GetRequiredService<RegistryMetrics>(),
            LoggerOf(provider)));
        services.AddKeyedSingleton<IMaintenanceJob>(name, static (provider, key) => provider.GetRequiredKeyedService<CollectionJob>(key));
        services.AddKeyedSingleton(name, static (provider, key) => new RetentionJob(
            provider.GetRequiredKeyedService<FeedDirectory>(key),
            provider.GetRequiredKeyedService<ContentRoots>(key),
            OptionsOf<DockerRegistryOptions>(provider, key).Maintenance,
            provider.GetRequiredService<RegistryMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            LoggerOf(provider)));
        services.AddKeyedSingleton<IMaintenanceJob>(name, static (provider, key) => provider.GetRequiredKeyedService<RetentionJob>(key));
        services.AddKeyedSingleton(name, static (provider, key) => new ScrubJob(
            provider.GetRequiredKeyedService<FeedDirectory>(key),
            provider.GetRequiredKeyedService<ContentRoots>(key),
            store => StoreKey.Find(provider, (string)key!, store),
            OptionsOf<DockerRegistryOptions>(provider, key).Maintenance,
            provider.GetRequiredService<RegistryMetrics>(),
            LoggerOf(provider)));
        services.AddKeyedSingleton<IMaintenanceJob>(name, static (provider, key) => provider.GetRequiredKeyedService<ScrubJob>(key));
        services.AddKeyedSingleton(name, static (provider, key) => new QuotaJob(
            (string)key!,
            provider.GetRequiredKeyedService<FeedDirectory>(key),
            provider.GetRequiredKeyedService<ContentRoots>(key),
            OptionsOf<DockerRegistryOptions>(provider, key).Maintenance,
            provider.GetRequiredService<RegistryMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            LoggerOf(provider)));
        services.AddKeyedSingleton<IMaintenanceJob>(name, static (provider, key) => provider.GetRequiredKeyedService<QuotaJob>(key));
        services.AddKeyedSingleton<IRegistryMaintenance>(name, static (provider, key) => new RegistryMaintenance(
            provider.GetRequiredKeyedService<CollectionJob>(key),
            provider.GetRequiredKeyedService<RetentionJob>(key),
            provider.GetRequiredKeyedService<ScrubJob>(key),
            OptionsOf<DockerRegistryOptions>(provider, key).Maintenance));
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
            services.GetRequiredKeyedService<PullCounter>(name),
            LoggerOf(services));
    }

    // Only asked for when there is content, long after all of this was put together.
    private static Func<FeedTable> FeedsOf(IServiceProvider services, object? name)
    {
        var feeds = new Lazy<FeedDirectory>(() => services.GetRequiredKeyedService<FeedDirectory>(name));
        return () => feeds.Value.Current;
    }

    private static T OptionsOf<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(IServiceProvider services, object? name) => services.GetRequiredService<IOptionsMonitor<T>>().Get((string)name!);

    private static ILogger LoggerOf(IServiceProvider services) => services.GetRequiredService<ILoggerFactory>().CreateLogger("Registry");
}
