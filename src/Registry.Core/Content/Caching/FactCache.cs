using System.Diagnostics.CodeAnalysis;

namespace Registry.Content.Caching;

/// <summary>
/// Remembers facts that were seen in the store. While a fact is fresh it may be relied on without asking again; afterwards it is a hint of where to look. What this process changes
/// itself it forgets at once, so that freshness bounds only how late the changes of other processes are noticed.
/// </summary>
/// <remarks>
/// A table of fixed size in which the later of two that want the same place wins, so that its memory is bounded and nobody waits for anybody. Where facts have a weight, those that were not
/// asked for since the hand last passed make room for new ones.
/// </remarks>
/// <param name="lifetime">How long a fact is fresh; zero lets none be.</param>
/// <param name="time">The clock.</param>
/// <param name="weigh">What a fact weighs, where that is to be bounded.</param>
/// <param name="maxWeight">What all facts may weigh together. One that weighs more than an eighth of this is not kept.</param>
internal sealed class FactCache<TKey, TFact>(TimeSpan lifetime, TimeProvider time, Func<TFact, int>? weigh = null, long maxWeight = 0)
    where TKey : notnull, IEquatable<TKey>
{
#if SIMULATION
    private const int Places = 256; // A simulation has few keys and makes many processes.
#else
    private const int Places = 8192;
#endif
    private const int HeaviestPart = 8;

    private readonly Entry?[] _places = new Entry?[Places];
    private readonly int[] _versions = new int[Places];
    private long _weight;
    private uint _hand;

    /// <summary>Finds a fact.</summary>
    /// <param name="key">What it is about.</param>
    /// <param name="fact">The fact as it was last seen.</param>
    /// <param name="isFresh">Whether it may be relied on.</param>
    public bool TryFind(TKey key, [MaybeNullWhen(false)] out TFact fact, out bool isFresh)
    {
        int place = PlaceOf(key);
        if (Volatile.Read(ref _places[place]) is { } entry && entry.Version == Volatile.Read(ref _versions[place]) && entry.Key.Equals(key))
        {
            entry.Used = true;
            fact = entry.Fact;
            isFresh = lifetime > TimeSpan.Zero && time.GetElapsedTime(entry.SeenAt) < lifetime;
            return true;
        }

        fact = default;
        isFresh = false;
        return false;
    }

    /// <summary>Finds a fact that may be relied on.</summary>
    public bool TryGetFresh(TKey key, [MaybeNullWhen(false)] out TFact fact) => TryFind(key, out fact, out bool isFresh) && isFresh;

    /// <summary>Begins a look at the store. What it finds is as old as its beginning, and is not remembered when it was forgotten since.</summary>
    public Look Begin(TKey key) => new(this, key, Volatile.Read(ref _versions[PlaceOf(key)]), time.GetTimestamp());

    /// <summary>Forgets a fact, after it was changed in the store, and whatever looks that are under way find.</summary>
    public void Forget(TKey key)
    {
        int place = PlaceOf(key);
        Interlocked.Increment(ref _versions[place]);
        Replace(place, null);
    }

    private void Remember(in Look look, TFact fact)
    {
        int place = PlaceOf(look.Key);
        int weight = weigh?.Invoke(fact) ?? 0;
        if (weight > maxWeight / HeaviestPart || look.Version != Volatile.Read(ref _versions[place]))
        {
            return;
        }

        Replace(place, new Entry(look.Key, fact, look.Version, look.StartedAt, weight));
        for (int steps = 0; Volatile.Read(ref _weight) > maxWeight && steps < 2 * Places; steps++)
        {
            MoveHand();
        }
    }

    private void MoveHand()
    {
        int place = (int)(Interlocked.Increment(ref _hand) % Places);
        if (Volatile.Read(ref _places[place]) is not { } entry)
        {
            return;
        }

        if (entry.Used)
        {
            entry.Used = false;
        }
        else if (Interlocked.CompareExchange(ref _places[place], null, entry) == entry)
        {
            Interlocked.Add(ref _weight, -entry.Weight);
        }
    }

    private void Replace(int place, Entry? by)
    {
        Entry? replaced = Interlocked.Exchange(ref _places[place], by);
        Interlocked.Add(ref _weight, (by?.Weight ?? 0) - (replaced?.Weight ?? 0));
    }

#if SIMULATION
    private static int PlaceOf(TKey key) => (int)(Simulation.World.StableHash.OfKey(key) % Places);
#else
    private static int PlaceOf(TKey key) => (int)((uint)key.GetHashCode() % Places);
#endif

    /// <summary>A look at the store that is under way.</summary>
    internal readonly struct Look(FactCache<TKey, TFact> cache, TKey key, int version, long startedAt)
    {
        public TKey Key => key;

        public int Version => version;

        public long StartedAt => startedAt;

        /// <summary>Remembers what the look found.</summary>
        public void Remember(TFact fact) => cache.Remember(this, fact);
    }

    private sealed class Entry(TKey key, TFact fact, int version, long seenAt, int weight)
    {
        private volatile bool _used = true;

        public TKey Key => key;

        public TFact Fact => fact;

        public int Version => version;

        public long SeenAt => seenAt;

        public int Weight => weight;

        /// <summary>Whether it was asked for since the hand passed.</summary>
        public bool Used
        {
            get => _used;
            set => _used = value;
        }
    }
}
