using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Registry.AspNetCore.Feeds;
using Registry.Feeds;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes a registry many: feeds, each with a name or host name, settings and rights of its own. A registry that names none is one feed without a name.</summary>
public static class DockerRegistryFeedExtensions
{
    /// <summary>Adds a feed, whose repositories clients find at <c>host/name/repository</c>. The host can change it while it runs; see <see cref="HostFeeds"/>.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="name">The feed's name: one part of a repository's name.</param>
    /// <param name="configure">Sets the feed's settings.</param>
    public static IDockerRegistryBuilder AddFeed(this IDockerRegistryBuilder builder, string name, Action<Feed>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(builder, feeds => feeds.Add(name, configure));
    }

    /// <summary>Adds the feed without a name, whose repositories clients find at <c>host/repository</c>, beside feeds with names.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="configure">Sets the feed's settings.</param>
    public static IDockerRegistryBuilder AddDefaultFeed(this IDockerRegistryBuilder builder, Action<Feed>? configure = null) =>
        Add(builder, feeds => feeds.Add("", configure));

    /// <summary>
    /// Adds the feeds of a configuration section, which may change while the host runs: a section for each under its name, with the settings of <see cref="Feed"/>; the one without a name is called <c>(default)</c>.
    /// </summary>
    /// <param name="builder">The registry.</param>
    /// <param name="section">The section.</param>
    public static IDockerRegistryBuilder AddFeeds(this IDockerRegistryBuilder builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(builder, feeds => feeds.Sections.Add(section));
    }

    /// <summary>Takes the feeds from the host's own provider, in place of those of code and configuration.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="create">Makes the provider, once.</param>
    public static IDockerRegistryBuilder AddFeedProvider(this IDockerRegistryBuilder builder, Func<IServiceProvider, IFeedProvider> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        Add(builder, static _ => { });
        builder.Services.RemoveAllKeyed<IFeedProvider>(builder.Name);
        builder.Services.AddKeyedSingleton(builder.Name, (services, _) => create(services));
        return builder;
    }

    private static IDockerRegistryBuilder Add(IDockerRegistryBuilder builder, Action<FeedRegistrations> add)
    {
        FeedRegistrations feeds = builder.Gather<FeedRegistrations>();
        feeds.AreUsed = true;
        add(feeds);
        return builder;
    }
}
