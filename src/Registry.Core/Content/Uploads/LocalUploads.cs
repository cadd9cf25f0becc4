using Registry.Model;

namespace Registry.Content.Uploads;

/// <summary>
/// What this node knows of upload sessions beyond their records: who is working on one here, and the running hash of its bytes. Losing it costs time
/// and nothing else: another node, or this one after a restart, goes on from the record.
/// </summary>
internal sealed class LocalUploads(TimeProvider time) : IDisposable
{
    private const int MaxIdle = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Waits until nobody else on this node works on a session.</summary>
    /// <param name="id">The session.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async ValueTask<Turn> EnterAsync(string id, CancellationToken cancellationToken)
    {
        Entry entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(id, out entry!))
            {
                entry = new Entry();
                _entries.Add(id, entry);
            }

            entry.Users++;
        }

        try
        {
            await entry.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Leave(id, entry);
            throw;
        }

        return new Turn(this, id, entry);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Entry entry in _entries.Values)
            {
                entry.Dispose();
            }

            _entries.Clear();
        }
    }

    private void Leave(string id, Entry entry)
    {
        lock (_lock)
        {
            entry.Users--;
            entry.Touched = time.GetTimestamp();
            if (entry.Users == 0 && entry.Hash is null)
            {
                _entries.Remove(id);
                entry.Dispose();
            }

            if (_entries.Count > MaxIdle)
            {
                ForgetOldest();
            }
        }
    }

    private void ForgetOldest()
    {
        foreach ((string id, Entry entry) in _entries.Where(static pair => pair.Value.Users == 0).OrderBy(static pair => pair.Value.Touched).Take(MaxIdle / 4).ToList())
        {
            _entries.Remove(id);
            entry.Dispose();
        }
    }

    /// <summary>The right to work on a session on this node, until disposed.</summary>
    internal sealed class Turn(LocalUploads owner, string id, Entry entry) : IDisposable
    {
        /// <summary>
        /// A hash to go on with after <paramref name="offset"/> bytes, which the caller disposes, or <see langword="null"/> when this node has not seen
        /// all of them.
        /// </summary>
        public PrefixHash? HashAt(long offset, DigestAlgorithm algorithm)
        {
            if (offset == 0)
            {
                return PrefixHash.Start(algorithm);
            }

            return entry.Hash is { } hash && entry.HashedBytes == offset && hash.Algorithm == algorithm ? hash.Fork() : null;
        }

        /// <summary>Remembers the hash of the first <paramref name="offset"/> bytes and takes it over.</summary>
        public void Keep(PrefixHash? hash, long offset)
        {
            entry.Hash?.Dispose();
            entry.Hash = hash;
            entry.HashedBytes = offset;
        }

        public void Dispose()
        {
            entry.Gate.Release();
            owner.Leave(id, entry);
        }
    }

    internal sealed class Entry : IDisposable
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int Users { get; set; }

        public long Touched { get; set; }

        public PrefixHash? Hash { get; set; }

        public long HashedBytes { get; set; }

        public void Dispose()
        {
            Hash?.Dispose();
            Gate.Dispose();
        }
    }
}
