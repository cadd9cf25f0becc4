using Registry.Content;
using Registry.Content.Records;

namespace Registry.Maintenance.Collection;

/// <summary>
/// Work of which one host at a time does a part, as the store's record of that part has it. A host that goes silent loses it, and another goes on from where the record says. Two may come to be at it all the same: a
/// claim saves work and nothing else.
/// </summary>
internal sealed class PartClaim
{
    // How often a host says how far it is, in parts of what it may be silent for.
    private const int SavesInLease = 4;

    private readonly ContentRoot _root;
    private readonly StoreTime _clock;
    private readonly string _key;
    private readonly TimeSpan _lease;
    private Versioned<ScanRecord> _current;
    private Progress _progress;
    private long _saved;
    private int _saving;

    private PartClaim(ContentRoot root, StoreTime clock, string key, TimeSpan lease, Versioned<ScanRecord> current)
    {
        (_root, _clock, _key, _lease, _current) = (root, clock, key, lease, current);
        _progress = new Progress(current.Record.Position, current.Record.Counts);
        _saved = root.Time.GetTimestamp();
    }

    /// <summary>How far the work is. Where a part that another host left is gone on with, what that one said.</summary>
    public string Position => _progress.Position;

    /// <summary>What was counted, with what hosts before this one did.</summary>
    public CollectionCounts Counts => _progress.Counts;

    /// <summary>Whether another host has taken the part.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Takes a part, unless another host is at it or it was finished lately.</summary>
    /// <param name="root">The content.</param>
    /// <param name="clock">The store's clock, which is observed.</param>
    /// <param name="key">The record's key.</param>
    /// <param name="host">Who takes it.</param>
    /// <param name="lease">How long the host may be silent.</param>
    /// <param name="notSince">A part that was finished after this, by the store's clock, is left; <see langword="null"/> leaves none.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The claim; without one, whether the part is done.</returns>
    public static async ValueTask<(PartClaim? Claim, bool IsDone)> TryTakeAsync(
        ContentRoot root, StoreTime clock, string key, string host, TimeSpan lease, DateTimeOffset? notSince, CancellationToken cancellationToken)
    {
        Versioned<ScanRecord>? found = await root.Records.ReadOrRemoveAsync<ScanRecord>(key, cancellationToken).ConfigureAwait(false);

        // What was finished in time to come was so by a clock that was ahead, and would be done until then.
        if (found?.Record is { Owner: null } done && notSince is { } limit && done.Finished > limit && done.Finished <= clock.Now + lease)
        {
            return (null, true);
        }

        // Until when its host may be silent, that host says by a clock that may be wrong; when it was last heard of, the store says.
        if (found?.Record is { Owner: not null } other && other.Owner != host && other.Until > clock.Now && found.LastModified + lease > clock.Now)
        {
            return (null, false);
        }

        // One whose host went silent, or that this host was stopped at, is gone on with.
        bool resumed = found?.Record.Owner is not null;
        var wanted = new ScanRecord
        {
            Owner = host,
            Until = clock.Now + lease,
            Began = resumed ? found!.Record.Began : clock.Now,
            Finished = found?.Record.Finished,
            Position = resumed ? found!.Record.Position : "",
            Counts = resumed ? found!.Record.Counts : new CollectionCounts(),
        };
        PutOutcome<ScanRecord> claim = await root.Records.PutAsync(key, wanted, found, cancellationToken).ConfigureAwait(false);
        if (!claim.Won)
        {
            return (null, false);
        }

        // Read back: the store says when it was written.
        if (await root.Records.ReadAsync<ScanRecord>(key, cancellationToken).ConfigureAwait(false) is { } written && written.Record.Nonce == claim.Current!.Record.Nonce)
        {
            clock.Observe(written.LastModified);
        }

        return (new PartClaim(root, clock, key, lease, claim.Current!), false);
    }

    /// <summary>Notes how far the work is.</summary>
    public void Pass(string position, CollectionCounts counts) => _progress = new Progress(position, counts);

    /// <summary>Says how far the work is, when it is time.</summary>
    /// <returns>Whether the part is still this host's.</returns>
    public async ValueTask<bool> SaveAsync(CancellationToken cancellationToken)
    {
        // Of several that come at once, one writes: two would lose against each other.
        if (_root.Time.GetElapsedTime(Volatile.Read(ref _saved)) < _lease / SavesInLease || Interlocked.Exchange(ref _saving, 1) == 1)
        {
            return !IsLost;
        }

        try
        {
            Volatile.Write(ref _saved, _root.Time.GetTimestamp());
            Progress now = _progress;
            return await PutAsync(_current.Record with { Until = _clock.Now + _lease, Position = now.Position, Counts = now.Counts }, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _saving, 0);
        }
    }

    /// <summary>Says that the part is done.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = _clock.Now;
        await PutAsync(_current.Record with { Owner = null, Until = now, Finished = now, Position = "", Counts = Counts }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets another host go on at once, or this one later.</summary>
    public async ValueTask PauseAsync()
    {
        try
        {
            await PutAsync(_current.Record with { Until = _clock.Now, Position = Position, Counts = Counts }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The store may be what stopped the work. Whoever goes on waits until this host counts as silent.
        }
    }

    /// <summary>Does work that says nothing of how far it is for long, and keeps the part meanwhile.</summary>
    /// <param name="work">The work. Its token ends it where the part is lost.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task HoldAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task keeping = KeepAsync(ending);
        try
        {
            await work(ending.Token).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await keeping.ConfigureAwait(false);
        }
    }

    private async Task KeepAsync(CancellationTokenSource ending)
    {
        using var timer = new PeriodicTimer(_lease / SavesInLease, _root.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ending.Token).ConfigureAwait(false))
            {
                try
                {
                    if (!await SaveAsync(ending.Token).ConfigureAwait(false))
                    {
                        await ending.CancelAsync().ConfigureAwait(false);
                    }
                }
                catch (Exception e) when (e is not OutOfMemoryException && !ending.IsCancellationRequested)
                {
                    // The store cannot be reached now. The work will see so too, or the next time succeeds.
                }
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return;
        }
    }

    private async ValueTask<bool> PutAsync(ScanRecord record, CancellationToken cancellationToken)
    {
        PutOutcome<ScanRecord> put = await _root.Records.PutAsync(_key, record, _current, cancellationToken).ConfigureAwait(false);
        _current = put.Won ? put.Current! : _current;
        IsLost |= !put.Won;
        return put.Won;
    }

    private sealed record Progress(string Position, CollectionCounts Counts);
}
