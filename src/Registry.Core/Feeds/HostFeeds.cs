using System.Collections.Immutable;
using Microsoft.Extensions.Primitives;

namespace Registry.Feeds;

/// <summary>
/// Feeds that the host's code, and its configuration, put in and take out while the registry runs. What it holds is not stored: the host says at each start which feeds there are. Safe for concurrent use.
/// </summary>
public sealed class HostFeeds : IFeedProvider, IDisposable
{
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<string, Feed> _own;
    private ImmutableList<Source> _sources = [];
    private CancellationTokenSource _change = new();

    /// <summary>A collection that begins with some feeds, whose mistakes are told when the registry starts.</summary>
    internal HostFeeds(IEnumerable<Feed> feeds) => _own = feeds.ToImmutableSortedDictionary(static feed => feed.Name, static feed => feed, StringComparer.Ordinal);

    /// <summary>The feeds, in the order of their names. What was put in by code wins over configuration of the same name.</summary>
    public IReadOnlyList<Feed> Feeds
    {
        get
        {
            lock (_lock)
            {
                return Merge(_own, _sources);
            }
        }
    }

    /// <summary>Puts a feed in, in place of the one of the same name.</summary>
    /// <param name="feed">The feed. It must not be changed afterwards.</param>
    /// <exception cref="ArgumentException">The feed has a setting that is wrong, or answers for a name or host of another.</exception>
    public void Set(Feed feed)
    {
        ArgumentNullException.ThrowIfNull(feed);
        Change(own => own.SetItem(feed.Name, feed), nameof(feed));
    }

    /// <summary>Takes a feed out. What it holds stays in the store, and is there again when a feed of this name is.</summary>
    /// <param name="name">The feed's name.</param>
    /// <returns>Whether there was one that code had put in.</returns>
    public bool Remove(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        bool removed = false;
        Change(
            own =>
            {
                removed = own.ContainsKey(name);
                return own.Remove(name);
            },
            nameof(name));
        return removed;
    }

    /// <inheritdoc/>
    public FeedSnapshot GetFeeds()
    {
        lock (_lock)
        {
            return new FeedSnapshot(Merge(_own, _sources), new CancellationChangeToken(_change.Token));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Source source in _sources)
        {
            source.Registration.Dispose();
        }

        _change.Dispose();
    }

    /// <summary>Adds feeds that come from elsewhere, such as configuration.</summary>
    /// <param name="read">Reads them.</param>
    /// <param name="changes">Gives the token that signals a change of them.</param>
    internal void AddSource(Func<IReadOnlyList<Feed>> read, Func<IChangeToken> changes)
    {
        var source = new Source(read);
        lock (_lock)
        {
            _sources = _sources.Add(source);
        }

        source.Registration = ChangeToken.OnChange(changes, Signal);
    }

    private static ImmutableArray<Feed> Merge(ImmutableSortedDictionary<string, Feed> own, ImmutableList<Source> sources)
    {
        var all = new List<Feed>(own.Values);
        foreach (Source source in sources)
        {
            all.AddRange(source.Read().Where(feed => !own.ContainsKey(feed.Name)));
        }

        return [.. all.OrderBy(static feed => feed.Name, StringComparer.Ordinal)];
    }

    private void Change(Func<ImmutableSortedDictionary<string, Feed>, ImmutableSortedDictionary<string, Feed>> change, string parameter)
    {
        lock (_lock)
        {
            ImmutableSortedDictionary<string, Feed> own = change(_own);
            string[] mistakes = [.. FeedRules.FindMistakes(Merge(own, _sources))];
            if (mistakes.Length > 0)
            {
                throw new ArgumentException(string.Join(" ", mistakes), parameter);
            }

            _own = own;
        }

        Signal();
    }

    private void Signal()
    {
        CancellationTokenSource signalled;
        lock (_lock)
        {
            signalled = _change;
            _change = new CancellationTokenSource();
        }

        // Whoever looks again from within sees the new feeds.
        signalled.Cancel();
        signalled.Dispose();
    }

    private sealed class Source(Func<IReadOnlyList<Feed>> read)
    {
        public Func<IReadOnlyList<Feed>> Read { get; } = read;

        public IDisposable Registration { get; set; } = null!;
    }
}
