namespace Registry.Content.Quotas;

/// <summary>What one push, or one deletion, has said to the quotas about what it is at. It ends by <see cref="EndAsync"/>; where a process stops before, others look at what it left.</summary>
internal sealed class QuotaClaim(QuotaBook book, string owner)
{
    // In place of a number.
    private const long Absent = -1;

    private readonly List<(QuotaScope Scope, IReadOnlyList<QuotaItem> Items, long First)> _parts = [];

    public string Owner { get; } = owner;

    /// <summary>Adds what was written into a scope's record.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="items">The items.</param>
    /// <param name="first">The number that the first of them got.</param>
    public void Add(QuotaScope scope, IReadOnlyList<QuotaItem> items, long first) => _parts.Add((scope, items, first));

    /// <summary>
    /// Adds what a deletion did not find held, so that nothing was written of it. A push may make it, and have it counted, before the deletion comes to it and takes it along: it is looked at in the end, too.
    /// </summary>
    public void AddAbsent(QuotaScope scope, IReadOnlyList<QuotaItem> items)
    {
        if (items.Count > 0 && Guards.Holds(Guard.QuotaLooksAtAbsent))
        {
            _parts.Add((scope, items, Absent));
        }
    }

    /// <summary>Says that what was not held at first is let go of all the same, before it is: whoever deletes has found it since.</summary>
    public async ValueTask DoubtAbsentAsync(CancellationToken cancellationToken)
    {
        foreach ((QuotaScope Scope, IReadOnlyList<QuotaItem> Items, long) part in _parts.FindAll(static part => part.First == Absent))
        {
            _parts.Remove(part);
            await book.DoubtAsync(this, part.Scope, part.Items, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Says what came of it.</summary>
    /// <param name="settled">Whether everything that was reserved is held now; otherwise it is looked.</param>
    /// <param name="cancellationToken">Ends what is to be done at once.</param>
    public ValueTask EndAsync(bool settled, CancellationToken cancellationToken) => settled ? SettleAsync(cancellationToken) : ReleaseAsync(cancellationToken);

    // It is counted already, so that saying so can wait for the next change of the same record.
    private async ValueTask SettleAsync(CancellationToken cancellationToken)
    {
        foreach ((QuotaScope scope, IReadOnlyList<QuotaItem> items, long first) in _parts)
        {
            QuotaLedger ledger = book.LedgerOf(scope);
            for (int i = 0; i < items.Count; i++)
            {
                if (!ledger.KeepBack(new QuotaLedger.Settlement(items[i].Key, Owner, first + i)))
                {
                    await book.ResolveAsync(scope, [items[i].Key], Owner, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private async ValueTask ReleaseAsync(CancellationToken cancellationToken)
    {
        foreach ((QuotaScope scope, IReadOnlyList<QuotaItem> items, _) in _parts)
        {
            await book.ResolveAsync(scope, [.. items.Select(static item => item.Key)], Owner, cancellationToken).ConfigureAwait(false);
        }
    }
}
