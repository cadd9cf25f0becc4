namespace Registry.Maintenance.Retention;

/// <summary>Gathers what a run does, of bounded size, and hands each item on.</summary>
/// <param name="onItem">Told of each item.</param>
/// <param name="findReasonToStop">Says why nothing more is to be done, where that is so.</param>
internal sealed class RetentionLog(Func<RetentionItem, CancellationToken, ValueTask>? onItem, Func<string?>? findReasonToStop = null)
{
    private readonly List<RetentionItem> _items = [];
    private readonly long[] _counts = new long[Enum.GetValues<RetentionOutcome>().Length];
    private long _manifestsRemoved;
    private long _leftOut;

    // What can be read and not be removed is one thing, what cannot be read another.
    private readonly Streak _removals = new("Too many removals failed one after another.");
    private readonly Streak _looks = new("Too much could not be read, one after another.");
    private string? _stoppedBecause;

    public int Repositories { get; set; }

    public long TagsSeen { get; set; }

    /// <summary>Why the run is not to go on; <see langword="null"/> as long as it is.</summary>
    public string? StoppedBecause => _stoppedBecause ??= _removals.ReasonToStop ?? _looks.ReasonToStop ?? findReasonToStop?.Invoke();

    /// <summary>Why a run that has nothing more to do did not get through: what it did last failed. The store may have gone there.</summary>
    public string? FailedAtEndBecause => _removals.ReasonToDoubt ?? _looks.ReasonToDoubt;

    /// <summary>Whether what is at hand is not to be gone on with, as it has to be asked before anything is removed: the run is to stop, or so much failed that the rest is to be left.</summary>
    public bool IsStopped => _removals.IsLong || _looks.IsLong || StoppedBecause is not null;

    public ValueTask AddAsync(RetentionItem item, CancellationToken cancellationToken) => AddAsync([(item, null)], cancellationToken);

    /// <summary>Adds what was done together. All of it is counted before any is handed on, since whoever it is handed to may end the run.</summary>
    /// <param name="items">What was done, and what went wrong with it, where that is known: a fault that several have in common is one failure.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public async ValueTask AddAsync(IReadOnlyList<(RetentionItem Item, Exception? Fault)> items, CancellationToken cancellationToken)
    {
        var seen = new HashSet<Exception>(ReferenceEqualityComparer.Instance);
        foreach ((RetentionItem item, Exception? fault) in items)
        {
            if (item.Outcome != RetentionOutcome.Failed)
            {
                _removals.Succeed();
            }
            else if (fault is null || seen.Add(fault))
            {
                _removals.Fail();
            }

            Count(item);
        }

        foreach ((RetentionItem item, _) in items)
        {
            await TellAsync(item, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds what cannot be read and so not be judged.</summary>
    public ValueTask AddUnreadAsync(RetentionItem item, CancellationToken cancellationToken)
    {
        _looks.Fail();
        Count(item);
        return TellAsync(item, cancellationToken);
    }

    /// <summary>Takes down that there is something which can be read.</summary>
    public void FoundReadable() => _looks.Succeed();

    /// <summary>Ends something that is gone through by itself, such as a repository. Where so much of it failed that the rest was left, that is told of, and what comes next is tried: one broken repository holds up no other.</summary>
    /// <param name="repository">The repository's name within the feed.</param>
    /// <param name="what">What is left.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>Whether something was left.</returns>
    public async ValueTask<bool> EndAsync(string repository, string what, CancellationToken cancellationToken)
    {
        string? removals = _removals.Leave();
        string? looks = _looks.Leave();
        if ((removals ?? looks) is not { } reason)
        {
            return false;
        }

        var item = new RetentionItem(repository, null, null, "", $"{what} is left until a later run", RetentionOutcome.Failed, reason);
        Count(item);
        await TellAsync(item, cancellationToken).ConfigureAwait(false);
        return true;
    }

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

    /// <summary>Failures of one kind without a success between them. One says nothing of the next; many say that something is the matter with what is at hand, and where what comes next fares no better, with the store.</summary>
    private sealed class Streak(string reason)
    {
        private const int MaxFailures = 20;
        private const int MaxLeft = 3;

        private int _failures;
        private int _left;

        /// <summary>Whether there are so many that the rest of what is at hand is to be left.</summary>
        public bool IsLong => _failures >= MaxFailures;

        public string? ReasonToStop => _left >= MaxLeft ? reason : null;

        public string? ReasonToDoubt => _left > 0 ? reason : null;

        public void Fail() => _failures++;

        public void Succeed() => (_failures, _left) = (0, 0);

        public string? Leave()
        {
            if (!IsLong)
            {
                return null;
            }

            _failures = 0;
            _left++;
            return reason;
        }
    }
}
