using System.Collections.Frozen;
using Registry.Model;

namespace Registry.Feeds;

/// <summary>The feeds of one moment, made ready for looking up: by the names and hosts that clients use, and by the name that content is stored under.</summary>
internal sealed class FeedTable
{
    private readonly FrozenDictionary<string, ActiveFeed> _byClientName;
    private readonly FrozenDictionary<string, ActiveFeed>.AlternateLookup<ReadOnlySpan<char>> _spanByClientName;
    private readonly FrozenDictionary<string, ActiveFeed> _byHost;
    private readonly FrozenDictionary<string, ActiveFeed> _byName;
    private readonly FrozenDictionary<string, ActiveFeed>.AlternateLookup<ReadOnlySpan<char>> _spanByName;
    private readonly ActiveFeed? _unnamed;

    /// <param name="feeds">The feeds, of which <see cref="FeedRules"/> has nothing to say.</param>
    public FeedTable(IReadOnlyList<Feed> feeds)
    {
        All = [.. feeds.Select(static feed => new ActiveFeed(feed))];
        ActiveFeed[] active = [.. All.Where(static feed => feed.Answers)];
        Feeds = active;
        _unnamed = All.FirstOrDefault(static feed => feed.Name.Length == 0);
        Default = _unnamed is { Answers: true } ? _unnamed : null;
        Named = [.. active.Where(static feed => feed.Name.Length > 0).OrderBy(static feed => feed.ClientName + "/", StringComparer.Ordinal)];
        _byClientName = Named
            .SelectMany(static feed => FeedRules.ClientNames(feed.Settings).Distinct(StringComparer.Ordinal).Select(name => KeyValuePair.Create(name, feed)))
            .ToFrozenDictionary(StringComparer.Ordinal);
        _spanByClientName = _byClientName.GetAlternateLookup<ReadOnlySpan<char>>();
        _byHost = active
            .SelectMany(static feed => feed.Settings.Hosts.Distinct(StringComparer.OrdinalIgnoreCase).Select(host => KeyValuePair.Create(host, feed)))
            .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _byName = All.Where(static feed => feed.Name.Length > 0).ToFrozenDictionary(static feed => feed.Name, StringComparer.Ordinal);
        _spanByName = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The feeds that answer.</summary>
    public IReadOnlyList<ActiveFeed> Feeds { get; }

    /// <summary>All feeds, also those that do not answer.</summary>
    public IReadOnlyList<ActiveFeed> All { get; }

    /// <summary>The stores that have the content of the feeds that answer.</summary>
    public IEnumerable<string> Stores => Feeds.Select(static feed => feed.Settings.Store).Distinct(StringComparer.Ordinal);

    /// <summary>The stores that only have the content of feeds that do not answer.</summary>
    public IEnumerable<string> IdleStores => All.Select(static feed => feed.Settings.Store).Except(Stores, StringComparer.Ordinal);

    /// <summary>The feed without a name, if there is one.</summary>
    public ActiveFeed? Default { get; }

    /// <summary>The feeds with names, in the order in which their repositories are listed.</summary>
    public IReadOnlyList<ActiveFeed> Named { get; }

    /// <summary>Whether any host name stands for a feed.</summary>
    public bool HasHosts => _byHost.Count > 0;

    /// <summary>The feed that a host name stands for.</summary>
    /// <param name="host">The host name, without a port.</param>
    /// <param name="hostAndPort">The same with the port.</param>
    public ActiveFeed? FindByHost(string host, string hostAndPort) =>
        _byHost.Count == 0 ? null : _byHost.GetValueOrDefault(hostAndPort) ?? _byHost.GetValueOrDefault(host);

    /// <summary>The feed that clients call by a name.</summary>
    public ActiveFeed? FindByClientName(ReadOnlySpan<char> name) => _spanByClientName.TryGetValue(name, out ActiveFeed? feed) ? feed : null;

    /// <summary>The feed whose own name this is; empty for the default feed.</summary>
    public ActiveFeed? FindByName(string name) => name.Length == 0 ? Default : _byName.GetValueOrDefault(name) is { Answers: true } feed ? feed : null;

    /// <summary>Whether a name is a feed's own, also of one that does not answer, so that content below it is nobody else's.</summary>
    public bool IsTaken(ReadOnlySpan<char> name) => _spanByName.ContainsKey(name);

    /// <summary>Finds what a client calls by a name with or without a feed's in front.</summary>
    /// <param name="name">The name.</param>
    /// <param name="repository">The repository; where there is no such feed, one of no feed.</param>
    /// <returns>Whether the name is one that a repository can have.</returns>
    public bool TryResolve(string name, out FeedRepository repository)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        ReadOnlySpan<char> first = slash < 0 ? default : name.AsSpan(0, slash);
        if (slash >= 0 && FindByClientName(first) is { } feed)
        {
            return feed.TryResolve(name.AsSpan(slash + 1), out repository);
        }

        repository = default;
        if (!RepositoryName.TryParse(name, out RepositoryName whole))
        {
            return false;
        }

        bool isDefaults = Default is not null && !(slash >= 0 && IsTaken(first));
        repository = new FeedRepository(isDefaults ? Default : null, whole, whole);
        return true;
    }

    /// <summary>The repository that content is stored under a full name for.</summary>
    /// <param name="fullName">The name that it is stored under.</param>
    /// <returns>The repository; one of no feed where none that answers has it.</returns>
    public FeedRepository OwnerOf(RepositoryName fullName)
    {
        FeedRepository holder = HolderOf(fullName);
        return holder.Feed is { Answers: false } ? holder with { Feed = null } : holder;
    }

    /// <summary>The same, whether the feed answers or not: what it holds is its own all the same.</summary>
    public FeedRepository HolderOf(RepositoryName fullName)
    {
        string text = fullName.Value;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !_spanByName.TryGetValue(text.AsSpan(0, slash), out ActiveFeed? feed))
        {
            return new FeedRepository(_unnamed, fullName, fullName);
        }

        return new FeedRepository(feed, RepositoryName.Parse(text.AsSpan(slash + 1)), fullName);
    }
}
