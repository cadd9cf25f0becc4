using Registry.Content;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Collection;

/// <summary>What a look at a blob came to.</summary>
internal enum BlobFate
{
    /// <summary>There is no such blob.</summary>
    None,

    /// <summary>A manifest holds it.</summary>
    Held,

    /// <summary>Leases alone hold it.</summary>
    Leased,

    /// <summary>Nothing holds it; it goes when nothing does later too.</summary>
    Condemned,

    /// <summary>It is gone.</summary>
    Removed,
}

/// <summary>
/// Takes blobs that nothing refers to, in two steps that are each one conditional put over the record as it was before the refs were looked at. A push writes its ref first and looks at the record then: so either the
/// ref is seen here, or the push sees what was put here, and a record that changed in between makes this lose.
/// </summary>
internal sealed class BlobCollector(CollectionRun run, OwnerJudge judge, TombstoneRemover tombstones)
{
    /// <summary>Looks at a blob and takes the step that is due.</summary>
    public async ValueTask<BlobFate> ExamineAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (!digest.IsSupported)
        {
            await FindHolderAsync(digest, cancellationToken).ConfigureAwait(false);
            return BlobFate.None;
        }

        RecordStore records = run.Root.Records;
        string key = ContentKeys.Blob(digest);
        for (int attempt = 0; ; attempt++)
        {
            await run.PaceAsync(2, cancellationToken).ConfigureAwait(false);
            Versioned<BlobRecord>? found = await records.ReadAsync<BlobRecord>(key, cancellationToken).ConfigureAwait(false);
            OwnerVerdict holder = found?.Record.State == BlobState.Condemned && !Guards.Holds(Guard.RefsInSecondStep)
                ? OwnerVerdict.Ended
                : await FindHolderAsync(digest, cancellationToken).ConfigureAwait(false);
            if (!Guards.Holds(Guard.RecordBeforeRefs))
            {
                found = await records.ReadAsync<BlobRecord>(key, cancellationToken).ConfigureAwait(false);
            }

            if (found is null)
            {
                return BlobFate.None;
            }

            if (found.Record.State == BlobState.Gone)
            {
                await RemoveAsync(key, found, cancellationToken).ConfigureAwait(false);
                return BlobFate.Removed;
            }

            (BlobFate fate, BlobRecord? next) = Decide(found, holder);
            if (next is null || run.DryRun)
            {
                await CountDryRunAsync(digest, next, cancellationToken).ConfigureAwait(false);
                return fate;
            }

            // Afterwards, so that no put is lost to others for a wait between the look and the put.
            PutOutcome<BlobRecord> outcome = await records.PutAsync(key, next, found, cancellationToken).ConfigureAwait(false);
            await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                await CountAsync(digest, next, cancellationToken).ConfigureAwait(false);
                if (next.State == BlobState.Gone)
                {
                    await RemoveAsync(key, outcome.Current!, cancellationToken).ConfigureAwait(false);
                }

                return fate;
            }

            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    private (BlobFate Fate, BlobRecord? Next) Decide(Versioned<BlobRecord> found, OwnerVerdict holder)
    {
        BlobRecord record = found.Record;
        bool condemned = record.State == BlobState.Condemned;
        if (holder != OwnerVerdict.Ended)
        {
            return (holder == OwnerVerdict.Leased ? BlobFate.Leased : BlobFate.Held, condemned ? record with { State = BlobState.Live, CondemnedAt = null } : null);
        }

        if (!condemned && Guards.Holds(Guard.BlobInTwoSteps))
        {
            return (BlobFate.Condemned, record with { State = BlobState.Condemned, CondemnedAt = run.Clock.Now });
        }

        // The wait is a convenience for who was told that the blob is there. By the store's clock, since hosts' clocks differ.
        return run.AgeOf(found.LastModified) < run.GracePeriod && Guards.Holds(Guard.BlobInTwoSteps) ? (BlobFate.Condemned, null) : (BlobFate.Removed, record with { State = BlobState.Gone });
    }

    /// <summary>Finds what holds some content, and removes the refs on the way that count for nothing.</summary>
    private async ValueTask<OwnerVerdict> FindHolderAsync(Digest digest, CancellationToken cancellationToken)
    {
        string? last = null;
        var best = OwnerVerdict.Ended;
        KeyPage page;
        do
        {
            page = await run.Root.Store.ListAsync(ContentKeys.Refs(digest), last, ObjectStoreLimits.MaxPageKeys, cancellationToken).ConfigureAwait(false);
            OwnerVerdict[] verdicts = await judge.JudgeAsync(page.Keys, exactly: true, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < verdicts.Length; i++)
            {
                last = page.Keys[i];
                if (verdicts[i] == OwnerVerdict.Counts)
                {
                    return OwnerVerdict.Counts;
                }

                if (verdicts[i] == OwnerVerdict.Leased)
                {
                    best = OwnerVerdict.Leased;
                }
                else
                {
                    await RemoveRefAsync(last, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        while (page.HasMore);

        return best;
    }

    /// <summary>Removes a ref that counts for nothing and never will.</summary>
    public async ValueTask RemoveRefAsync(string key, CancellationToken cancellationToken)
    {
        if (!run.DryRun)
        {
            await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
            QuotaClaim? claim = await BeginReleaseAsync(key, cancellationToken).ConfigureAwait(false);
            await run.Root.Refs.RemoveEndedAsync(key, cancellationToken).ConfigureAwait(false);
            if (claim is not null)
            {
                await claim.EndAsync(settled: false, cancellationToken).ConfigureAwait(false);
            }
        }

        run.Count(new CollectionCounts { RefsRemoved = 1 });
    }

    // Where a quota is set, it is told what may be let go of.
    private async ValueTask<QuotaClaim?> BeginReleaseAsync(string key, CancellationToken cancellationToken)
    {
        QuotaBook quotas = run.Root.Quotas;
        return ContentKeys.TryParseRef(key, out Digest digest, out RepositoryName repository)
            && quotas.Covers(repository)
            && await quotas.Holdings.SizeOfAsync(digest, cancellationToken).ConfigureAwait(false) is { } size
                ? await quotas.BeginReleaseAsync(repository, [QuotaItem.Blob(digest, size)], cancellationToken).ConfigureAwait(false)
                : null;
    }

    // The bytes go before the record that names them, so that bytes without a record are never left behind.
    private async ValueTask RemoveAsync(string key, Versioned<BlobRecord> gone, CancellationToken cancellationToken)
    {
        if (gone.Record.Data.Length > 0 && !run.DryRun && Guards.Holds(Guard.BytesBeforeRecord))
        {
            await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
            await run.Root.Store.DeleteAsync(gone.Record.Data, cancellationToken).ConfigureAwait(false);
        }

        await tombstones.RemoveAsync(key, gone.ETag, gone.LastModified, keep: gone.Record.Burnt && Guards.Holds(Guard.BurntStays), cancellationToken).ConfigureAwait(false);
        if (gone.Record.Data.Length > 0 && !Guards.Holds(Guard.BytesBeforeRecord))
        {
            await run.Root.Store.DeleteAsync(gone.Record.Data, cancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask CountAsync(Digest digest, BlobRecord next, CancellationToken cancellationToken)
    {
        (CollectionCounts counts, CollectionStep step) = next.State switch
        {
            BlobState.Condemned => (new CollectionCounts { BlobsCondemned = 1 }, CollectionStep.Condemned),
            BlobState.Live => (new CollectionCounts { BlobsRestored = 1 }, CollectionStep.Restored),
            _ => (new CollectionCounts { BlobsRemoved = 1, BytesFreed = next.Size }, CollectionStep.Removed),
        };
        run.Count(counts);
        return run.TellAsync(CollectionItemKind.Blob, step, repository: null, digest.Value, step == CollectionStep.Restored ? 0 : next.Size, cancellationToken);
    }

    // What is condemned by a real run goes in a later one: what that frees is of interest before.
    private async ValueTask CountDryRunAsync(Digest digest, BlobRecord? next, CancellationToken cancellationToken)
    {
        if (next is not null)
        {
            await CountAsync(digest, next, cancellationToken).ConfigureAwait(false);
            run.Count(new CollectionCounts { BytesFreed = next.State == BlobState.Condemned ? next.Size : 0 });
        }
    }
}
