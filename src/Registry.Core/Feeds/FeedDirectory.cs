namespace Registry.Feeds;

/// <summary>Keeps the newest feeds of a provider that are right.</summary>
internal sealed class FeedDirectory : IDisposable
{
    // Who cannot say what his feeds are cannot say either how to learn of the next change.
    private static readonly TimeSpan AskedAgainAfter = TimeSpan.FromSeconds(5);

    private readonly IFeedProvider _provider;
    private readonly Action<Exception?, IReadOnlyList<string>> _refused;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private IDisposable? _registration;
    private volatile FeedTable? _table;
    private volatile bool _isBehind;
    private long _askedAt;
    private volatile bool _disposed;

    /// <param name="provider">Where the feeds come from.</param>
    /// <param name="refused">Told of newer feeds that cannot be used: the mistakes in them, or why they could not be read.</param>
    /// <param name="time">When to ask a provider again that failed.</param>
    public FeedDirectory(IFeedProvider provider, Action<Exception?, IReadOnlyList<string>> refused, TimeProvider time)
    {
        _provider = provider;
        _refused = refused;
        _time = time;
    }

    /// <summary>The feeds as they are now.</summary>
    /// <exception cref="InvalidOperationException">The first feeds were not right.</exception>
    public FeedTable Current
    {
        get
        {
            if (_isBehind && _time.GetElapsedTime(Volatile.Read(ref _askedAt)) >= AskedAgainAfter)
            {
                Reload();
            }

            return _table ?? Load();
        }
    }

    /// <summary>What is wrong with the feeds that the provider has now.</summary>
    public IReadOnlyList<string> FindMistakes() => [.. FeedRules.FindMistakes(_provider.GetFeeds().Feeds)];

    public void Dispose()
    {
        _disposed = true;
        lock (_lock)
        {
            _registration?.Dispose();
        }
    }

    private FeedTable Load()
    {
        lock (_lock)
        {
            return _table ?? Use(_provider.GetFeeds(), first: true)!;
        }
    }

    private void Reload()
    {
        Volatile.Write(ref _askedAt, _time.GetTimestamp());
        try
        {
            lock (_lock)
            {
                if (!_disposed)
                {
                    Use(_provider.GetFeeds(), first: false);
                }
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A provider is the host's code. What there is stays until it has something that can be used.
            _isBehind = true;
            _refused(e, []);
        }
    }

    private FeedTable? Use(FeedSnapshot snapshot, bool first)
    {
        string[] mistakes = [.. FeedRules.FindMistakes(snapshot.Feeds)];
        _isBehind = false;
        if (mistakes.Length > 0 && first)
        {
            throw new InvalidOperationException(string.Join(" ", mistakes));
        }

        if (mistakes.Length == 0)
        {
            _table = new FeedTable(snapshot.Feeds);
        }
        else
        {
            _refused(null, mistakes);
        }

        _registration?.Dispose();
        _registration = snapshot.ChangeToken.RegisterChangeCallback(static state => ((FeedDirectory)state!).Reload(), this);
        return _table;
    }
}
