using System.Runtime.ExceptionServices;
using Registry.Content.Records;

namespace Registry.Content.Quotas;

/// <summary>
/// Changes one scope's record. What wants to change it at the same moment on this node goes into one put, so that the record is fought over by nodes and not by requests, and the record that was last seen is the
/// first that is put over: a node that is alone with a scope reads it once.
/// </summary>
internal sealed class QuotaLedger(RecordStore records, TimeProvider time, string key)
{
    // What is done by now and need not be written at once goes with the next put. More than this is not kept back.
    private const int MaxKeptBack = 256;

    private readonly Lock _lock = new();
    private readonly List<Settlement> _keptBack = [];
    private readonly Queue<Settlement> _toLookAt = [];
    private List<Change> _waiting = [];
    private bool _busy;
    private Versioned<QuotaRecord>? _last;
    private long _lastAt;
    private bool _seen;

    /// <summary>Whether nothing is under way, so that it can be forgotten. What is kept back is then for others to look at, as after a crash.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return !_busy;
            }
        }
    }

    /// <summary>The record, as it was no longer ago than this.</summary>
    public async ValueTask<QuotaRecord> PeekAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_seen && time.GetElapsedTime(_lastAt) < age)
            {
                return _last?.Record ?? new QuotaRecord();
            }
        }

        long began = time.GetTimestamp();
        Versioned<QuotaRecord>? found = await records.ReadAsync<QuotaRecord>(key, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            // A put that came to its end meanwhile knows better.
            if (!_busy && (!_seen || (found?.Record.Next ?? 0) >= (_last?.Record.Next ?? 0)))
            {
                Remember(found, began);
            }
        }

        return found?.Record ?? new QuotaRecord();
    }

    /// <summary>Begins the record anew where it cannot be read. Whoever counts the scope then puts in place what it was to say.</summary>
    public async ValueTask RenewAsync(CancellationToken cancellationToken) => await records.ReadOrRemoveAsync<QuotaRecord>(key, cancellationToken).ConfigureAwait(false);

    /// <summary>Changes the record. It happens once, or not at all and the store's error is thrown.</summary>
    /// <param name="change">Makes the change; called again when another node was quicker.</param>
    /// <typeparam name="T">What is said of the change that was made.</typeparam>
    public async ValueTask<T> ApplyAsync<T>(Func<QuotaSums, T> change)
        where T : notnull
    {
        var mine = new Change(sums => change(sums));
        bool writes;
        lock (_lock)
        {
            _waiting.Add(mine);
            writes = !_busy;
            _busy = true;
        }

        if (writes || await mine.Turn.ConfigureAwait(false))
        {
            await WriteWaitingAsync().ConfigureAwait(false);
        }

        return (T)mine.Result();
    }

    /// <summary>Writes with the next put that an item which was reserved is held.</summary>
    /// <returns>Whether there was place for it.</returns>
    public bool KeepBack(Settlement settlement)
    {
        lock (_lock)
        {
            if (_keptBack.Count >= MaxKeptBack)
            {
                return false;
            }

            _keptBack.Add(settlement);
            return true;
        }
    }

    /// <summary>Takes an item that was reserved and that somebody else touched before it was written that it is held.</summary>
    public bool TryTakeUnclear(out Settlement settlement)
    {
        lock (_lock)
        {
            return _toLookAt.TryDequeue(out settlement);
        }
    }

    // Writes what waits, for all who wait, and then lets the first of those who came meanwhile do the same.
    private async Task WriteWaitingAsync()
    {
        List<Change> changes;
        Settlement[] settled;
        lock (_lock)
        {
            (changes, _waiting) = (_waiting, []);
            settled = [.. _keptBack];
            _keptBack.Clear();
        }

        try
        {
            // None of them may end it for the others.
            await WriteAsync(changes, settled, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            lock (_lock)
            {
                _keptBack.InsertRange(0, settled);
                _seen = false;
            }

            changes.ForEach(change => change.Fail(e));
        }

        Change? next;
        lock (_lock)
        {
            next = _waiting.FirstOrDefault();
            _busy = next is not null;
        }

        changes.ForEach(static change => change.End());
        next?.Write();
    }

    private async Task WriteAsync(List<Change> changes, Settlement[] settled, CancellationToken cancellationToken)
    {
        bool isCurrent;
        Versioned<QuotaRecord>? found;
        lock (_lock)
        {
            isCurrent = !_seen;
            found = _last;
        }

        if (isCurrent)
        {
            found = await records.ReadAsync<QuotaRecord>(key, cancellationToken).ConfigureAwait(false);
        }

        for (int attempt = 0; ; attempt++)
        {
            long began = time.GetTimestamp();
            var sums = new QuotaSums(found?.Record, time.GetUtcNow());
            Settlement[] unclear = [.. settled.Where(one => !sums.TrySettle(one.Item, one.Owner, one.Number))];
            changes.ForEach(change => change.Make(sums));
            if (!sums.IsChanged && !isCurrent)
            {
                // No put shows whether what was remembered is still so.
                found = await records.ReadAsync<QuotaRecord>(key, cancellationToken).ConfigureAwait(false);
                isCurrent = true;
                continue;
            }

            PutOutcome<QuotaRecord> outcome = sums.IsChanged
                ? await records.PutAsync(key, sums.ToRecord(), found, cancellationToken).ConfigureAwait(false)
                : new PutOutcome<QuotaRecord>(true, found);
            lock (_lock)
            {
                Remember(outcome.Current, began);
                if (outcome.Won)
                {
                    Array.ForEach(unclear, _toLookAt.Enqueue);
                    return;
                }
            }

            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
            isCurrent = true;
        }
    }

    private void Remember(Versioned<QuotaRecord>? found, long at)
    {
        _last = found;
        _lastAt = at;
        _seen = true;
    }

    /// <summary>A reserved item that is held by now.</summary>
    /// <param name="Item">The item's key.</param>
    /// <param name="Owner">Who reserved it.</param>
    /// <param name="Number">The number that the reservation got.</param>
    internal readonly record struct Settlement(string Item, string Owner, long Number);

    private sealed class Change(Func<QuotaSums, object> make)
    {
        private readonly TaskCompletionSource<bool> _turn = new();
        private object? _result;
        private ExceptionDispatchInfo? _fault;

        /// <summary>Ends when the change was written, or with <see langword="true"/> when it is its turn to write what waits.</summary>
        public Task<bool> Turn => _turn.Task;

        public void Make(QuotaSums sums) => _result = make(sums);

        public void Fail(Exception e) => _fault = ExceptionDispatchInfo.Capture(e);

        public void End() => _turn.TrySetResult(false);

        public void Write() => _turn.TrySetResult(true);

        public object Result()
        {
            _fault?.Throw();
            return _result!;
        }
    }
}
