using Microsoft.Extensions.Configuration;
using Registry.Feeds;

namespace Registry.AspNetCore.Feeds;

/// <summary>The feeds that the host named when it added a registry.</summary>
internal sealed class FeedRegistrations
{
    private readonly List<(string Name, Action<Feed>? Configure)> _named = [];

    public List<IConfiguration> Sections { get; } = [];

    /// <summary>Whether the registry has feeds at all, or is one.</summary>
    public bool AreUsed { get; set; }

    public void Add(string name, Action<Feed>? configure) => _named.Add((name, configure));

    /// <summary>Makes the collection that the host can change while it runs.</summary>
    public HostFeeds Create()
    {
        var feeds = new List<Feed>();
        foreach ((string name, Action<Feed>? configure) in _named)
        {
            Feed? feed = feeds.Find(known => known.Name == name);
            if (feed is null)
            {
                feed = new Feed(name);
                feeds.Add(feed);
            }

            configure?.Invoke(feed);
        }

        // A registry that names no feeds is one.
        var collection = new HostFeeds(AreUsed ? feeds : [new Feed("")]);
        foreach (IConfiguration section in Sections)
        {
            collection.AddSource(() => FeedSection.Read(section), section.GetReloadToken);
        }

        return collection;
    }
}
