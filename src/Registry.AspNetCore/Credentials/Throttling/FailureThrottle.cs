using System.Net;
using Registry.AspNetCore.Credentials.Chain;

namespace Registry.AspNetCore.Credentials.Throttling;

/// <summary>
/// Counts failed sign-ins by user name and address together, and by address alone; never by user name alone, so that nobody can lock an owner out from elsewhere. After too many, attempts are refused
/// for a time that doubles with each further failure.
/// </summary>
/// <remarks>The table is bounded: the entry whose last failure is the oldest makes room. What it holds are keyed hashes.</remarks>
internal sealed class FailureThrottle(CredentialOptions options, TimeProvider time)
{
    internal const int MaxEntries = 16_384;

    // From here on, the longest delay is reached with any first one.
    private const int MaxDoublings = 24;

    private readonly KeyedHash _hash = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<TextHash, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byAge = [];

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Who is trying. User names that differ only in case or in spaces around them are one: some directories treat them so, and they would be that many more attempts.</summary>
    public Attempt Identify(string userName, IPAddress? address)
    {
        string from = AddressKey.Of(address);
        return new Attempt(_hash.Of("account", userName.Trim().ToUpperInvariant(), from), _hash.Of("address", from));
    }

    /// <summary>How long an attempt has to wait before it is looked at, or <see langword="null"/> when it need not.</summary>
    public TimeSpan? RetryAfter(in Attempt attempt)
    {
        long now = time.GetTimestamp();
        lock (_gate)
        {
            TimeSpan wait = Max(WaitOf(attempt.Account, now), WaitOf(attempt.Address, now));
            return wait > TimeSpan.Zero ? wait : null;
        }
    }

    public void Failed(in Attempt attempt)
    {
        long now = time.GetTimestamp();
        lock (_gate)
        {
            Add(attempt.Account, options.FailuresBeforeThrottle, now);
            Add(attempt.Address, options.FailuresBeforeAddressThrottle, now);
        }
    }

    /// <summary>The user's failures at this address are forgiven. The address's are not: it may have an account of its own while it tries others.</summary>
    public void Succeeded(in Attempt attempt)
    {
        lock (_gate)
        {
            if (_entries.Remove(attempt.Account, out LinkedListNode<Entry>? node))
            {
                _byAge.Remove(node);
            }
        }
    }

    private TimeSpan WaitOf(TextHash key, long now) =>
        _entries.TryGetValue(key, out LinkedListNode<Entry>? node) ? node.Value.Delay - time.GetElapsedTime(node.Value.LastFailure, now) : TimeSpan.Zero;

    private void Add(TextHash key, int limit, long now)
    {
        if (_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
        {
            _byAge.Remove(node);
        }
        else
        {
            if (_entries.Count >= MaxEntries)
            {
                _entries.Remove(_byAge.First!.Value.Key);
                _byAge.RemoveFirst();
            }

            node = new LinkedListNode<Entry>(new Entry(key));
            _entries.Add(key, node);
        }

        _byAge.AddLast(node);
        Entry entry = node.Value;
        bool isForgotten = entry.Delay > TimeSpan.Zero
            ? time.GetElapsedTime(entry.LastFailure, now) >= options.MaxThrottleDelay + entry.Delay
            : entry.Failures > 0 && time.GetElapsedTime(entry.FirstFailure, now) >= options.FailureWindow;
        if (isForgotten || entry.Failures == 0)
        {
            entry.Failures = 0;
            entry.Delay = TimeSpan.Zero;
            entry.FirstFailure = now;
        }

        entry.LastFailure = now;
        entry.Failures = Math.Min(entry.Failures + 1, limit + MaxDoublings);
        if (entry.Failures >= limit)
        {
            TimeSpan delay = options.FirstThrottleDelay * (1L << (entry.Failures - limit));
            entry.Delay = delay < options.MaxThrottleDelay ? delay : options.MaxThrottleDelay;
        }
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>What an attempt is counted under.</summary>
    internal readonly record struct Attempt(TextHash Account, TextHash Address);

    private sealed class Entry(TextHash key)
    {
        public TextHash Key { get; } = key;

        public int Failures { get; set; }

        public long FirstFailure { get; set; }

        public long LastFailure { get; set; }

        public TimeSpan Delay { get; set; }
    }
}
