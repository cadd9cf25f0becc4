using Registry.Content.Records;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Quotas;

/// <summary>
/// Keeps what feeds and repositories hold within their quotas. Who is to hold something new reserves it first, in the record of every scope that the repository is in; so a limit holds exactly, however many nodes push.
/// What a process that stopped leaves reserved is looked at by whoever comes next.
/// </summary>
internal sealed class QuotaBook(QuotaHoldings holdings, RecordStore records, IQuotaScopes scopes, Ulid ids, TimeProvider time, ContentOptions options)
{
    // What is shown, and refused before a body is read, may be this old. What decides is never old.
    private static readonly TimeSpan PeekAge = TimeSpan.FromSeconds(1);

    private const int MaxLedgers = 4096;

    // Of what others left half-way, so many items are looked at by one that comes by.
    private const int LookedAt = 8;
    private const int MaxLooks = 16;

    private readonly Dictionary<string, QuotaLedger> _ledgers = new(StringComparer.Ordinal);

    public QuotaHoldings Holdings => holdings;

    public IQuotaScopes Scopes => scopes;

    /// <summary>Whether any quota is set on a repository.</summary>
    public bool Covers(RepositoryName repository) => scopes.ScopesOf(repository).Count > 0;

    /// <summary>Reserves what is not held yet of some items.</summary>
    /// <returns>What has to be settled once the items are held, or released; <see langword="null"/> where no quota is set.</returns>
    /// <exception cref="RegistryException">A quota is too small.</exception>
    public async ValueTask<QuotaClaim?> ReserveAsync(RepositoryName repository, IReadOnlyList<QuotaItem> items, CancellationToken cancellationToken)
    {
        IReadOnlyList<QuotaScope> covering = scopes.ScopesOf(repository);
        if (covering.Count == 0 || items.Count == 0)
        {
            return null;
        }

        var claim = new QuotaClaim(this, ids.Next());
        try
        {
            foreach (QuotaScope scope in covering)
            {
                await ReserveAsync(claim, scope, items, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RegistryException)
        {
            await claim.EndAsync(settled: false, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        return claim;
    }

    /// <summary>Says that a repository is about to let some items go. Afterwards the claim has to be released, whatever came of it.</summary>
    public async ValueTask<QuotaClaim?> BeginReleaseAsync(RepositoryName repository, IReadOnlyList<QuotaItem> items, CancellationToken cancellationToken)
    {
        IReadOnlyList<QuotaScope> covering = scopes.ScopesOf(repository);
        if (covering.Count == 0 || items.Count == 0)
        {
            return null;
        }

        var claim = new QuotaClaim(this, ids.Next());
        foreach (QuotaScope scope in covering)
        {
            await DoubtAsync(claim, scope, items, cancellationToken).ConfigureAwait(false);
        }

        return claim;
    }

    /// <summary>How many bytes a blob that is pushed to a repository may have, by its quotas as they were a moment ago.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The blob, where it is known: one that a scope holds already costs it nothing.</param>
    /// <param name="needed">How many bytes it has, where that is known.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns>The room, or <see langword="null"/> where there is no limit, or where the blob fits.</returns>
    public async ValueTask<QuotaRoom?> RoomAsync(RepositoryName repository, Digest? digest, long? needed, CancellationToken cancellationToken)
    {
        QuotaRoom? least = null;
        foreach (QuotaScope scope in scopes.ScopesOf(repository))
        {
            if (scope.Bytes is not { } limit)
            {
                continue;
            }

            QuotaRecord record = await LedgerOf(scope).PeekAsync(PeekAge, cancellationToken).ConfigureAwait(false);
            QuotaRoom room = Left(record);
            if (IsEnough(room) || (digest is { } known && await IsCountedAsync(scope, record, QuotaItem.Blob(known, 0).Key, cancellationToken).ConfigureAwait(false)))
            {
                continue;
            }

            // Whoever is refused here does not come to reserve anything, so that nobody else might look at what a process that stopped left reserved.
            for (int look = 0; look < MaxLooks && !(needed <= room.Bytes) && QuotaSums.Lost(record, time.GetUtcNow()).Any(); look++)
            {
                await MendAsync(scope, record, cancellationToken).ConfigureAwait(false);
                record = await LedgerOf(scope).PeekAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
                room = Left(record);
            }

            least = IsEnough(room) ? least : room;

            QuotaRoom Left(QuotaRecord current) => new(scope, current.Bytes, Math.Max(0, limit.Value - current.Bytes));

            bool IsEnough(QuotaRoom found) => needed <= found.Bytes || least?.Bytes <= found.Bytes;
        }

        return least;
    }

    /// <summary>What is known of a scope.</summary>
    public ValueTask<QuotaRecord> ReadAsync(QuotaScope scope, CancellationToken cancellationToken) => LedgerOf(scope).PeekAsync(TimeSpan.Zero, cancellationToken);

    public QuotaLedger LedgerOf(QuotaScope scope)
    {
        lock (_ledgers)
        {
            if (_ledgers.TryGetValue(scope.Key, out QuotaLedger? known))
            {
                return known;
            }

            if (_ledgers.Count >= MaxLedgers)
            {
                foreach (string idle in _ledgers.Where(static pair => pair.Value.IsIdle).Select(static pair => pair.Key).ToArray())
                {
                    _ledgers.Remove(idle);
                }
            }

            var ledger = new QuotaLedger(records, time, scope.Key);
            _ledgers.Add(scope.Key, ledger);
            return ledger;
        }
    }

    /// <summary>Looks whether items are held, and says so in the scope's record, for one who is done with them.</summary>
    public async ValueTask ResolveAsync(QuotaScope scope, IReadOnlyList<string> items, string? owner, CancellationToken cancellationToken)
    {
        QuotaLedger ledger = LedgerOf(scope);
        IReadOnlyList<string> left = items;
        for (int look = 0; left.Count > 0 && look < MaxLooks; look++)
        {
            // The record first: what changes after it shows.
            QuotaRecord record = await ledger.PeekAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<string> looked = left;
            bool[] held = await HoldsAsync(scope, looked, cancellationToken).ConfigureAwait(false);
            left = await ledger.ApplyAsync(sums => looked.Where((item, i) => !sums.TryResolve(item, owner, held[i], record.Next)).ToArray()).ConfigureAwait(false);
        }
    }

    /// <summary>Says of what a scope holds of some items that it is about to be let go of.</summary>
    public async ValueTask DoubtAsync(QuotaClaim claim, QuotaScope scope, IReadOnlyList<QuotaItem> items, CancellationToken cancellationToken)
    {
        QuotaLedger ledger = LedgerOf(scope);
        TimeSpan age = TimeSpan.MaxValue;
        for (int look = 0; look < MaxLooks; look++)
        {
            QuotaRecord record = await ledger.PeekAsync(age, cancellationToken).ConfigureAwait(false);

            // What is not held any more was let go of before, and is not to be counted off again.
            bool[] are = await HoldsAsync(scope, items, cancellationToken).ConfigureAwait(false);
            QuotaItem[] held = [.. items.Where((_, i) => are[i])];
            QuotaItem[] absent = [.. items.Where((_, i) => !are[i])];
            if (held.Length == 0)
            {
                claim.AddAbsent(scope, absent);
                return;
            }

            (bool complete, long first) = await ledger.ApplyAsync(sums =>
            {
                long next = sums.Next;
                return (sums.TryDoubt(held, claim.Owner, record.Next), next);
            }).ConfigureAwait(false);
            if (complete)
            {
                claim.Add(scope, held, first);
                claim.AddAbsent(scope, absent);
                return;
            }

            age = TimeSpan.Zero;
        }

        throw new StoreUnavailableException("A quota's record changed too often to be written.");
    }

    private async ValueTask ReserveAsync(QuotaClaim claim, QuotaScope scope, IReadOnlyList<QuotaItem> items, CancellationToken cancellationToken)
    {
        QuotaLedger ledger = LedgerOf(scope);
        TimeSpan age = TimeSpan.MaxValue;
        for (int look = 0; ; look++)
        {
            QuotaRecord record = await ledger.PeekAsync(age, cancellationToken).ConfigureAwait(false);
            bool mended = await MendAsync(scope, record, cancellationToken).ConfigureAwait(false);
            bool[] held = await HoldsAsync(scope, items, cancellationToken).ConfigureAwait(false);
            QuotaItem[] missing = [.. items.Where((_, i) => !held[i])];
            if (missing.Length == 0)
            {
                return;
            }

            (bool complete, RegistryException? refusal, long first) = await ledger.ApplyAsync(sums =>
            {
                long next = sums.Next;
                bool seen = sums.TryReserve(scope, missing, claim.Owner, record.Next, out RegistryException? refused);
                return (seen, refused, next);
            }).ConfigureAwait(false);
            if (complete && refusal is null)
            {
                claim.Add(scope, missing, first);
                return;
            }

            // What a process that stopped left reserved may be all that is missing.
            if (complete && look > 0 && !mended)
            {
                throw refusal!;
            }

            if (look >= MaxLooks)
            {
                throw (Exception?)refusal ?? new StoreUnavailableException("A quota's record changed too often to be written.");
            }

            age = TimeSpan.Zero;
        }
    }

    // Looks at what others left half-way.
    private async ValueTask<bool> MendAsync(QuotaScope scope, QuotaRecord record, CancellationToken cancellationToken)
    {
        var unclear = new List<QuotaLedger.Settlement>();
        while (unclear.Count < LookedAt && LedgerOf(scope).TryTakeUnclear(out QuotaLedger.Settlement settlement))
        {
            unclear.Add(settlement);
        }

        foreach (IGrouping<string, QuotaLedger.Settlement> of in unclear.GroupBy(static one => one.Owner, StringComparer.Ordinal))
        {
            await ResolveAsync(scope, [.. of.Select(static one => one.Item)], of.Key, cancellationToken).ConfigureAwait(false);
        }

        string[] lost = [.. QuotaSums.Lost(record, time.GetUtcNow()).Take(LookedAt).Select(static change => change.Item)];
        await ResolveAsync(scope, lost, owner: null, cancellationToken).ConfigureAwait(false);
        return lost.Length > 0;
    }

    private Task<bool[]> HoldsAsync(QuotaScope scope, IReadOnlyList<QuotaItem> items, CancellationToken cancellationToken) =>
        HoldsAsync(scope, [.. items.Select(static item => item.Key)], cancellationToken);

    private Task<bool[]> HoldsAsync(QuotaScope scope, IReadOnlyList<string> items, CancellationToken cancellationToken) =>
        StoreConcurrency.SelectAsync(items, options.StoreConcurrency, (item, token) => holdings.HoldsAsync(scope, item, token), cancellationToken);

    private async ValueTask<bool> IsCountedAsync(QuotaScope scope, QuotaRecord record, string item, CancellationToken cancellationToken) =>
        record.Changes.Any(change => change.Item == item && change.Counted) || await holdings.HoldsAsync(scope, item, cancellationToken).ConfigureAwait(false);
}
