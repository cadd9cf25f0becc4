namespace Registry.Maintenance.Usage;

/// <summary>Adds pulls to a record as far as there is room in it.</summary>
internal sealed class UsageMerge
{
    private readonly Dictionary<string, PullCount> _entries;

    private UsageMerge(UsageRecord before) => _entries = new Dictionary<string, PullCount>(before.Entries, StringComparer.Ordinal);

    /// <summary>What to write.</summary>
    public UsageRecord Record { get; private set; } = new();

    /// <summary>What it has.</summary>
    public List<PendingPulls> Taken { get; } = [];

    /// <summary>What there was no room for.</summary>
    public List<PendingPulls> Left { get; } = [];

    /// <summary>Adds pulls to a record.</summary>
    /// <param name="before">The record as it is.</param>
    /// <param name="pulls">The pulls.</param>
    /// <param name="now">The time.</param>
    /// <param name="maxEntries">For how many names the record has room.</param>
    /// <param name="isLast">Whether there is no further record: the names that were pulled longest ago make room.</param>
    public static UsageMerge Of(UsageRecord before, IReadOnlyList<PendingPulls> pulls, DateTimeOffset now, int maxEntries, bool isLast)
    {
        var merge = new UsageMerge(before);
        long seconds = now.ToUnixTimeSeconds();
        UsageRecord record = before with { UnknownUntil = before.UnknownUntil is { } until ? Math.Min(until, seconds) : null };
        foreach (PendingPulls pending in pulls)
        {
            var count = new PullCount(pending.Last.ToUnixTimeSeconds(), pending.Key.IsPull ? pending.Count : 0);
            if (!pending.Key.IsRepository && !merge.TryAdd(pending.Key.Name, count, maxEntries, isLast))
            {
                merge.Left.Add(pending);
                continue;
            }

            merge.Taken.Add(pending);
            record = pending.Key.IsRepository ? record with { UnknownUntil = Math.Max(record.UnknownUntil ?? 0, count.Last) } : record;
            record = IsPullOfManifest(pending.Key)
                ? record with { Pulls = record.Pulls + count.Pulls, LastPulled = Math.Max(record.LastPulled ?? 0, count.Last) }
                : record;
        }

        if (merge._entries.Count > maxEntries)
        {
            record = record with { UnknownUntil = Math.Max(record.UnknownUntil ?? 0, merge.DropOldest(merge._entries.Count - maxEntries)) };
        }

        merge.Record = record with { Entries = merge._entries };
        return merge;
    }

    // Every pull is one of a manifest, and of a tag besides where it was asked for by one.
    private static bool IsPullOfManifest(PullKey key) => key.IsRepository || key.Name.Contains(':', StringComparison.Ordinal);

    private bool TryAdd(string name, PullCount count, int maxEntries, bool isLast)
    {
        if (_entries.TryGetValue(name, out PullCount known))
        {
            _entries[name] = known + count;
            return true;
        }

        return (_entries.Count < maxEntries || isLast) && _entries.TryAdd(name, count);
    }

    private long DropOldest(int count)
    {
        long newest = 0;
        foreach ((string name, PullCount dropped) in _entries.OrderBy(static entry => entry.Value.Last).Take(count).ToArray())
        {
            _entries.Remove(name);
            newest = Math.Max(newest, dropped.Last);
        }

        return newest;
    }
}
