using Registry.Content.Quotas;

namespace Registry.Maintenance.Quotas;

/// <summary>What a recount found of one scope, until it is put into the scope's record.</summary>
/// <param name="scope">The scope.</param>
/// <param name="ledger">Its record.</param>
/// <param name="id">The recount.</param>
internal sealed class ScopeTally(QuotaScope scope, QuotaLedger ledger, string id)
{
    private readonly Dictionary<string, long> _found = new(StringComparer.Ordinal);
    private string? _cursor;
    private long _since;

    public QuotaScope Scope { get; } = scope;

    /// <summary>How many items are held back in memory.</summary>
    public int Count => _found.Count;

    /// <summary>Whether it can be counted no further: too much happened, or another recount took its place.</summary>
    public bool IsDisturbed { get; private set; }

    /// <summary>Whether the scope's own record could not be read, and was begun anew.</summary>
    public bool IsUnreadable { get; private set; }

    /// <summary>Whether the sums were other ones before.</summary>
    public bool IsCorrected { get; private set; }

    /// <summary>Begins to look.</summary>
    /// <param name="announce">Whether changes are to be kept longer than otherwise, which costs a write.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async ValueTask BeginAsync(bool announce, CancellationToken cancellationToken)
    {
        try
        {
            _since = await LookAsync(announce, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            // It says nothing that is not counted now, and nobody could push or delete until it is mended.
            await ledger.RenewAsync(cancellationToken).ConfigureAwait(false);
            IsUnreadable = true;
            _since = await LookAsync(announce, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Add(QuotaItem item) => _found[item.Key] = item.Size;

    /// <summary>Puts what was found up to an item in place; <see langword="null"/> is the end.</summary>
    public async ValueTask FlushAsync(string? upTo)
    {
        if (IsDisturbed || (upTo is not null && upTo == _cursor))
        {
            return;
        }

        (bool counted, bool corrected, long next) = await ledger.ApplyAsync(sums =>
        {
            (long bytes, long tags) = (sums.Bytes, sums.Tags);
            bool isCounted = sums.TryCount(id, _cursor, upTo, _found, _since);
            return (isCounted, (bytes, tags) != (sums.Bytes, sums.Tags), sums.Next);
        }).ConfigureAwait(false);
        IsDisturbed = !counted;
        IsCorrected |= corrected;
        _cursor = upTo;
        _since = next;
        _found.Clear();
    }

    private async ValueTask<long> LookAsync(bool announce, CancellationToken cancellationToken) => announce
        ? await ledger.ApplyAsync(sums =>
        {
            sums.Announce(id);
            return sums.Next;
        }).ConfigureAwait(false)
        : (await ledger.PeekAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false)).Next;
}
