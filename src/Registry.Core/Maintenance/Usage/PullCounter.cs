using System.Collections.Concurrent;
using System.Threading.Channels;
using Registry.Content;
using Registry.Model;

namespace Registry.Maintenance.Usage;

/// <summary>
/// Counts pulls in memory until they are written. A pull never waits, and what is held is bounded: when there is no room for a manifest, its repository is remembered to have pulls that nobody can tell
/// apart, and when there is no room for that either, the store. Whoever wants to know what was not pulled for a while then has to take it that everything there was.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="room">For how many manifests and tags there is room; one that was pulled, and asked for besides, takes it twice.</param>
/// <param name="repositoryRoom">For how many repositories there is room beside them.</param>
internal sealed class PullCounter(TimeProvider time, int room = PullCounter.Room, int repositoryRoom = PullCounter.RepositoryRoom)
{
    public const int Room = 16_384;
    public const int RepositoryRoom = 1_024;

    private readonly ConcurrentDictionary<PullKey, Pulls> _pulls = new();
    private readonly ConcurrentDictionary<ContentRoot, DateTimeOffset> _uncounted = new();
    private readonly Channel<bool> _crowded = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly int _crowd = room / 4;
    private int _left = room;
    private int _repositoriesLeft = repositoryRoom;

    /// <summary>How many manifests, tags and repositories have pulls that are not written, and how many have uses beside them.</summary>
    public int Count => _pulls.Count;

    /// <summary>Told when most of the room is used, so that it can be written before its time.</summary>
    public ChannelReader<bool> Crowded => _crowded.Reader;

    /// <summary>Counts a pull, or notes a use that is none.</summary>
    /// <param name="root">Where the manifest is kept.</param>
    /// <param name="repository">The repository, by its full name.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="tag">The tag that it was asked for by, if it was.</param>
    /// <param name="isPull">Whether it was pulled, and not only asked for.</param>
    public void Note(ContentRoot root, RepositoryName repository, Digest digest, Tag? tag, bool isPull = true)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (!TryNote(new PullKey(root, repository, digest.Value, isPull), now, ref _left) && !TryNote(new PullKey(root, repository, "", isPull), now, ref _repositoriesLeft))
        {
            _uncounted[root] = now;
        }

        // One of a tag that finds no room is left out: that of its manifest tells that it is wanted.
        if (tag is { } name)
        {
            TryNote(new PullKey(root, repository, name.Value, isPull), now, ref _left);
        }

        if (Volatile.Read(ref _left) < _crowd)
        {
            _crowded.Writer.TryWrite(true);
        }
    }

    /// <summary>What has been counted and not been settled.</summary>
    public IReadOnlyList<PendingPulls> Pending()
    {
        var pending = new List<PendingPulls>();
        foreach ((PullKey key, Pulls pulls) in _pulls)
        {
            if (pulls.Count is > 0 and var count)
            {
                pending.Add(new PendingPulls(key, pulls, count, pulls.Last));
            }
        }

        return pending;
    }

    /// <summary>Takes out what has been written. What was counted since stays.</summary>
    public void Settle(PendingPulls written)
    {
        if (written.Pulls.TrySettle(written.Count))
        {
            Remove(written.Key, written.Pulls);
        }
    }

    /// <summary>The stores that had pulls which could not be counted at all, and when the last of them was.</summary>
    public IReadOnlyCollection<KeyValuePair<ContentRoot, DateTimeOffset>> Uncounted() => [.. _uncounted];

    /// <summary>Forgets such pulls after it was written that there were some.</summary>
    public void SettleUncounted(KeyValuePair<ContentRoot, DateTimeOffset> written) => _uncounted.TryRemove(written);

    private bool TryNote(PullKey key, DateTimeOffset now, ref int left)
    {
        while (true)
        {
            if (_pulls.TryGetValue(key, out Pulls? pulls))
            {
                if (pulls.TryAdd(now))
                {
                    return true;
                }

                Remove(key, pulls);
                continue;
            }

            if (Interlocked.Decrement(ref left) < 0)
            {
                Interlocked.Increment(ref left);
                return false;
            }

            if (_pulls.TryAdd(key, new Pulls(now)))
            {
                return true;
            }

            Interlocked.Increment(ref left);
        }
    }

    private void Remove(PullKey key, Pulls pulls)
    {
        if (_pulls.TryRemove(KeyValuePair.Create(key, pulls)))
        {
            Interlocked.Increment(ref key.IsRepository ? ref _repositoriesLeft : ref _left);
        }
    }
}

/// <summary>What was pulled.</summary>
/// <param name="Root">Where it is kept.</param>
/// <param name="Repository">The repository, by its full name.</param>
/// <param name="Name">The manifest's digest or the tag; empty for pulls of the repository that cannot be told apart.</param>
/// <param name="IsPull">Whether it was pulled; else it was asked for, which is no pull but a use as well. The two are kept apart, so that each is only ever counted up.</param>
internal readonly record struct PullKey(ContentRoot Root, RepositoryName Repository, string Name, bool IsPull)
{
    public bool IsRepository => Name.Length == 0;
}

/// <summary>Some pulls that are to be written.</summary>
/// <param name="Key">Of what.</param>
/// <param name="Pulls">Where they are counted.</param>
/// <param name="Count">How many, of uses that are no pulls too.</param>
/// <param name="Last">When the last of them was.</param>
internal sealed record PendingPulls(PullKey Key, Pulls Pulls, long Count, DateTimeOffset Last);

/// <summary>The pulls of one thing. Once they were all written they end, and who comes too late starts anew.</summary>
internal sealed class Pulls(DateTimeOffset first)
{
    // So low that pulls which come too late do not bring it back.
    private const long Ended = long.MinValue / 2;

    private long _count = 1;
    private long _last = first.UtcTicks;

    /// <summary>How many there are; negative once they have ended.</summary>
    public long Count => Volatile.Read(ref _count);

    public DateTimeOffset Last => new(Volatile.Read(ref _last), TimeSpan.Zero);

    public bool TryAdd(DateTimeOffset at)
    {
        // The time first: whoever sees the count writes a time that is not too early.
        long last = Volatile.Read(ref _last);
        while (last < at.UtcTicks)
        {
            long seen = Interlocked.CompareExchange(ref _last, at.UtcTicks, last);
            last = seen == last ? at.UtcTicks : seen;
        }

        return Interlocked.Increment(ref _count) > 0;
    }

    /// <summary>Takes some away, and ends if none are left.</summary>
    /// <returns>Whether it ended.</returns>
    public bool TrySettle(long count) =>
        Interlocked.Add(ref _count, -count) == 0 && Interlocked.CompareExchange(ref _count, Ended, 0) == 0;
}
