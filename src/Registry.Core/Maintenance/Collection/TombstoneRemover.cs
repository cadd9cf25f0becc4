using Registry.Content;
using Registry.Storage;

namespace Registry.Maintenance.Collection;

/// <summary>
/// Removes the records of things that are gone. Others may be about to write over such a record, so that it takes a store that removes on a condition. Where there is none, the record stays: a few hundred bytes.
/// </summary>
/// <remarks>
/// A record is kept for a grace period after its last change. So long may the store take with a request that somebody had sent before: a put where nothing was, sent twice by the way, must not find nothing again.
/// </remarks>
internal sealed class TombstoneRemover(CollectionRun run)
{
    private readonly IConditionalDeletes? _deletes = run.Root.Store as IConditionalDeletes;

    /// <summary>Removes a record, if nobody changed it.</summary>
    /// <param name="key">The record's key.</param>
    /// <param name="etag">The record as it was read.</param>
    /// <param name="written">When it was written, by the store's clock.</param>
    /// <param name="keep">Whether it must stay for good.</param>
    /// <param name="cancellationToken">Ends the removal.</param>
    public async ValueTask RemoveAsync(string key, string etag, DateTimeOffset written, bool keep, CancellationToken cancellationToken)
    {
        if (keep
            || _deletes is not { } deletes
            || (run.AgeOf(written) < run.GracePeriod && Guards.Holds(Guard.TombstonesAge))
            || !await deletes.CanDeleteConditionallyAsync(cancellationToken).ConfigureAwait(false))
        {
            run.Count(new CollectionCounts { TombstonesLeft = 1 });
            return;
        }

        bool removed = run.DryRun;
        if (!run.DryRun)
        {
            await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
            removed = await deletes.DeleteAsync(key, etag, cancellationToken).ConfigureAwait(false);
        }

        run.Count(new CollectionCounts { TombstonesRemoved = removed ? 1 : 0 });
    }
}
