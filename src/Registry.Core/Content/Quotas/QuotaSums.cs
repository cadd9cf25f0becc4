using Registry.Errors;

namespace Registry.Content.Quotas;

/// <summary>
/// A scope's record while it is being changed. What is said of an item is true of the moment at which the record is put: whoever looked at the store before says since when (the number of the next change at that
/// time), and is told when the item may have changed since.
/// </summary>
internal sealed class QuotaSums
{
    // A change that is settled is kept a while for those who looked before it; a recount that is under way needs more of them.
    private const int KeptChanges = 32;
    private const int KeptForScan = 1024;

    // What processes that stopped half-way left is counted until somebody looks. So many are kept to be looked at; more than that is left to the recount.
    private const int MaxOwned = 4096;

    private readonly Dictionary<string, QuotaChange> _changes;
    private readonly QuotaRecord _before;
    private readonly DateTimeOffset _now;
    private QuotaScan? _scan;
    private DateTimeOffset? _verified;
    private long _dropped;

    public QuotaSums(QuotaRecord? record, DateTimeOffset now)
    {
        _before = record ?? new QuotaRecord();
        _now = now;
        _changes = _before.Changes.ToDictionary(static change => change.Item, StringComparer.Ordinal);
        _scan = _before.Scan is { } scan && now - scan.At < QuotaOwner.Life ? scan : null;
        _verified = _before.Verified;
        Next = _before.Next;
        _dropped = _before.Dropped;
        Bytes = _before.Bytes;
        Tags = _before.Tags;
    }

    public long Bytes { get; private set; }

    public long Tags { get; private set; }

    /// <summary>Whether there is anything to write.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>The number of the next change.</summary>
    public long Next { get; private set; }

    /// <summary>Counts items that were not held when somebody looked, unless there is no room for all of them.</summary>
    /// <param name="scope">The limits.</param>
    /// <param name="items">The items.</param>
    /// <param name="owner">Who is about to hold them. The first gets the number that was next, and the others follow.</param>
    /// <param name="since">The number that was next when it was looked.</param>
    /// <param name="refusal">Why there is no room.</param>
    /// <returns>Whether nothing was missed since the look.</returns>
    public bool TryReserve(QuotaScope scope, IReadOnlyList<QuotaItem> items, string owner, long since, out RegistryException? refusal)
    {
        refusal = null;
        long bytes = 0;
        long tags = 0;
        foreach (QuotaItem item in items)
        {
            if (!_changes.TryGetValue(item.Key, out QuotaChange? change) && _dropped >= since)
            {
                return false;
            }

            if (change is not { Counted: true })
            {
                bytes += item.Size;
                tags += item.IsTag ? 1 : 0;
            }
        }

        refusal = scope.RefuseBytes(Bytes, bytes) ?? scope.RefuseTags(Tags, tags);
        if (refusal is not null)
        {
            return true;
        }

        foreach (QuotaItem item in items)
        {
            QuotaChange change = _changes.GetValueOrDefault(item.Key) ?? new QuotaChange(item.Key, item.Size, 0, false, []);
            Put(Count(change, true) with { Owners = [.. change.Owners, owner] });
        }

        return true;
    }

    /// <summary>Says that items which are held are about to be let go of. They stay counted until it is said what came of it.</summary>
    /// <param name="items">The items.</param>
    /// <param name="owner">Who lets them go.</param>
    /// <param name="since">The number that was next when it was looked whether they are held.</param>
    /// <returns>Whether nothing was missed since the look.</returns>
    public bool TryDoubt(IReadOnlyList<QuotaItem> items, string owner, long since)
    {
        if (_dropped >= since && items.Any(item => !_changes.ContainsKey(item.Key)))
        {
            return false;
        }

        foreach (QuotaItem item in items)
        {
            // What nothing is known of was held when its owner looked, and whatever is held is counted.
            QuotaChange change = _changes.GetValueOrDefault(item.Key) ?? new QuotaChange(item.Key, item.Size, 0, true, []);
            Put(change with { Owners = [.. change.Owners, owner] });
        }

        return true;
    }

    /// <summary>Ends the reservation of an item that was held afterwards.</summary>
    /// <param name="item">The item.</param>
    /// <param name="owner">Who reserved it.</param>
    /// <param name="number">The number that the reservation got.</param>
    /// <returns>Whether nobody touched the item since; where somebody did, it has to be looked at.</returns>
    public bool TrySettle(string item, string owner, long number)
    {
        if (!_changes.TryGetValue(item, out QuotaChange? change))
        {
            return true;
        }

        if (change.Number != number)
        {
            return false;
        }

        Put(change with { Owners = [.. change.Owners.Where(other => other != owner)] });
        return true;
    }

    /// <summary>Says what a look at the store found of an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="owner">Who was at work on it and is done; <see langword="null"/> where those who have not been heard of for long are given up.</param>
    /// <param name="held">Whether it is held.</param>
    /// <param name="since">The number that was next when it was looked.</param>
    /// <returns>Whether nothing happened to the item since the look.</returns>
    public bool TryResolve(string item, string? owner, bool held, long since)
    {
        if (!_changes.TryGetValue(item, out QuotaChange? change))
        {
            return true;
        }

        if (change.Number >= since && Guards.Holds(Guard.QuotaLookSince))
        {
            return false;
        }

        string[] others = [.. change.Owners.Where(other => other != owner && !QuotaOwner.IsLost(other, _now))];
        Put(Count(change, held || (others.Length > 0 && change.Counted)) with { Owners = others });
        return true;
    }

    /// <summary>The items that only processes which have not been heard of for long were at work on.</summary>
    public static IEnumerable<QuotaChange> Lost(QuotaRecord record, DateTimeOffset now) =>
        record.Changes.Where(change => Guards.Holds(Guard.QuotaGivesUp) && change.Owners.Count > 0 && change.Owners.All(owner => QuotaOwner.IsLost(owner, now)));

    /// <summary>Announces a recount, so that more changes are kept for it.</summary>
    public void Announce(string scan)
    {
        _scan = new QuotaScan(scan, _now, null, 0, 0);
        IsChanged = true;
    }

    /// <summary>Puts in place what a recount found of the items after its cursor up to another.</summary>
    /// <param name="scan">The recount.</param>
    /// <param name="from">Its cursor; <see langword="null"/> before the first item.</param>
    /// <param name="to">The last item that it came by, or <see langword="null"/> at its end.</param>
    /// <param name="found">The items among these that are held.</param>
    /// <param name="since">The number that was next when it began to look at them.</param>
    /// <returns>Whether it can go on, or has come to its end. If not, too much happened meanwhile, or another recount took its place.</returns>
    public bool TryCount(string scan, string? from, string? to, IReadOnlyDictionary<string, long> found, long since)
    {
        if (_dropped >= since || (from is not null && (_scan?.Id != scan || _scan.Cursor != from)))
        {
            return false;
        }

        long bytes = 0;
        long tags = 0;
        QuotaChange[] known = [.. _changes.Values.Where(change => IsBetween(change.Item, from, to))];
        var moving = new HashSet<string>(StringComparer.Ordinal);
        foreach (QuotaChange change in known)
        {
            if ((change.Number >= since || change.Owners.Any(owner => !QuotaOwner.IsLost(owner, _now))) && Guards.Holds(Guard.QuotaMoving))
            {
                // It moved while the recount came by: the one that moved it knows.
                moving.Add(change.Item);
                bytes += change.Counted ? change.Size : 0;
                tags += change.Counted && QuotaItem.IsTagKey(change.Item) ? 1 : 0;
            }
            else if (change.Owners.Count > 0 || change.Counted != found.ContainsKey(change.Item))
            {
                Put(Count(change, found.ContainsKey(change.Item)) with { Owners = [] });
            }
        }

        foreach ((string item, long size) in found.Where(pair => !moving.Contains(pair.Key)))
        {
            bytes += size;
            tags += QuotaItem.IsTagKey(item) ? 1 : 0;
        }

        QuotaScan before = from is null ? new QuotaScan(scan, _now, null, 0, 0) : _scan!;
        QuotaScan after = before with { At = _now, Cursor = to, Bytes = before.Bytes + bytes, Tags = before.Tags + tags };
        IsChanged = true;
        if (to is not null)
        {
            _scan = after;
            return true;
        }

        Bytes = after.Bytes;
        Tags = after.Tags;
        _verified = _now;
        _scan = _scan?.Id == scan ? null : _scan;
        return true;
    }

    /// <summary>The record as it is to be written.</summary>
    public QuotaRecord ToRecord()
    {
        Drop(static change => change.Owners.Count == 0, _scan is null ? KeptChanges : KeptForScan);
        if (_changes.Count > MaxOwned)
        {
            Drop(change => change.Owners.All(owner => QuotaOwner.IsLost(owner, _now)), 0);
        }

        return _before with
        {
            Bytes = Bytes,
            Tags = Tags,
            Verified = _verified,
            Next = Next,
            Dropped = _dropped,
            Changes = [.. _changes.Values.OrderBy(static change => change.Number)],
            Scan = _scan,
        };
    }

    // Half of them go at once, so that the number of the highest one that went does not move with every change.
    private void Drop(Func<QuotaChange, bool> which, int kept)
    {
        QuotaChange[] droppable = [.. _changes.Values.Where(which).OrderBy(static change => change.Number)];
        if (droppable.Length <= kept)
        {
            return;
        }

        foreach (QuotaChange change in droppable.AsSpan(0, droppable.Length - (kept / 2)))
        {
            _changes.Remove(change.Item);
            _dropped = Math.Max(_dropped, change.Number);
        }
    }

    private void Put(QuotaChange change)
    {
        _changes[change.Item] = change with { Number = Next++ };
        IsChanged = true;
    }

    // What is counted, or counted no more, is so in the sums of a recount too that came by it before.
    private QuotaChange Count(QuotaChange change, bool counted)
    {
        if (change.Counted != counted)
        {
            bool isTag = QuotaItem.IsTagKey(change.Item);
            long bytes = counted ? change.Size : -change.Size;
            long tags = !isTag ? 0 : counted ? 1 : -1;

            // Never below zero: what is let go of may be from before the quota was set, and not have been counted yet.
            Bytes = Math.Max(0, Bytes + bytes);
            Tags = Math.Max(0, Tags + tags);
            if (_scan?.Cursor is { } cursor && string.CompareOrdinal(change.Item, cursor) <= 0)
            {
                _scan = _scan with { Bytes = _scan.Bytes + bytes, Tags = _scan.Tags + tags };
            }
        }

        return change with { Counted = counted };
    }

    private static bool IsBetween(string item, string? from, string? to) =>
        (from is null || string.CompareOrdinal(item, from) > 0) && (to is null || string.CompareOrdinal(item, to) <= 0);
}
