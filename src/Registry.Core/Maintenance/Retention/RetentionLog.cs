namespace Registry.Maintenance.Retention;

/// <summary>Gathers what a run does, of bounded size, and hands each item on.</summary>
/// <param name="onItem">Told of each item.</param>
/// <param name="findReasonToStop">Says why nothing more is to be done, where that is so.</param>
internal sealed class RetentionLog(Func<RetentionItem, CancellationToken, ValueTask>? onItem, Func<string?>? findReasonToStop = null)
{
    // One failure says nothing of the next; so many without a success between them say that the store is gone. What can be read and not be removed is one thing, what cannot be read another.
    private const int MaxFailuresInARow = 20;

    private readonly List<RetentionItem> _items = [];
    private readonly long[] _counts = new long[Enum.GetValues<RetentionOutcome>().Length];
    private long _manifestsRemoved;
    private long _leftOut;
    private int _failuresInARow;
    private int _unreadInARow;
    private string? _stoppedBecause;

    public int Repositories { get; set; }

    public long TagsSeen { get; set; }

    /// <summary>Why the run is not to go on; <see langword="null"/> as long as it is.</summary>
    public string? StoppedBecause => _stoppedBecause ??= FindReasonToStop();

    /// <summary>Whether the run is not to go on, as it has to be asked before anything is removed.</summary>
    public bool IsStopped => StoppedBecause is not null;

    public ValueTask AddAsync(RetentionItem item, CancellationToken cancellationToken) => AddAsync([item], cancellationToken);

    /// <summary>Adds what was done together. All of it is counted before any is handed on, since whoever it is handed to may end the run.</summary>
    public async ValueTask AddAsync(IReadOnlyList<RetentionItem> items, CancellationToken cancellationToken)
    {
        foreach (RetentionItem item in items)
        {
            _failuresInARow = item.Outcome == RetentionOutcome.Failed ? _failuresInARow + 1 : 0;
            Count(item);
        }

        foreach (RetentionItem item in items)
        {
            await TellAsync(item, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds what cannot be read and so not be judged.</summary>
    public ValueTask AddUnreadAsync(RetentionItem item, CancellationToken cancellationToken)
    {
        _unreadInARow++;
        Count(item);
        return TellAsync(item, cancellationToken);
    }

    /// <summary>Takes down that there is something which can be read.</summary>
    public void FoundReadable() => _unreadInARow = 0;

    public RetentionReport Report(string feed, bool dryRun, DateTimeOffset started, DateTimeOffset ended, string? stoppedBecause) => new()
    {
        Feed = feed,
        DryRun = dryRun,
        Started = started,
        Ended = ended,
        Repositories = Repositories,
        TagsSeen = TagsSeen,
        TagsRemoved = _counts[(int)RetentionOutcome.Removed] - _manifestsRemoved,
        ManifestsCondemned = _counts[(int)RetentionOutcome.Condemned],
        ManifestsRemoved = _manifestsRemoved,
        Kept = _counts[(int)RetentionOutcome.Protected] + _counts[(int)RetentionOutcome.Changed],
        Failures = _counts[(int)RetentionOutcome.Failed],
        Items = _items,
        ItemsLeftOut = _leftOut,
        StoppedBecause = stoppedBecause,
    };

    private string? FindReasonToStop() =>
        _failuresInARow >= MaxFailuresInARow ? "Too many removals failed one after another."
        : _unreadInARow >= MaxFailuresInARow ? "Too much could not be read, one after another."
        : findReasonToStop?.Invoke();

    private void Count(RetentionItem item)
    {
        _counts[(int)item.Outcome]++;
        _manifestsRemoved += item is { Outcome: RetentionOutcome.Removed, Tag: null } ? 1 : 0;
        if (_items.Count < RetentionReport.MaxItems)
        {
            _items.Add(item);
        }
        else
        {
            _leftOut++;
        }
    }

    private ValueTask TellAsync(RetentionItem item, CancellationToken cancellationToken) => onItem?.Invoke(item, cancellationToken) ?? ValueTask.CompletedTask;
}
