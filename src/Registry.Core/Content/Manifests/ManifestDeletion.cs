using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Errors;
using Registry.Model;

namespace Registry.Content.Manifests;

/// <summary>Ends manifests: for clients, whatever they are needed for, and for collectors, if they are as they were when they were found unneeded.</summary>
internal sealed class ManifestDeletion(ManifestRecords manifests, ManifestRelease release, TagStore tags, ManifestQuota quota)
{
    /// <summary>Deletes a manifest and every tag that points at it. What it named stays, for others and until it is collected.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="guard">Which of its tags may be deleted.</param>
    /// <param name="by">Who deletes it.</param>
    /// <param name="cancellationToken">Ends the deletion.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="RegistryException">
    /// A tag that points at it may not be deleted. Nothing is, except where such a tag came to point there in the middle of the deletion: the manifest stays, and other tags may be gone by then.
    /// </exception>
    public async ValueTask<bool> DeleteAsync(RepositoryName repository, Digest digest, TagGuard guard, ChangedBy by, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            if (!digest.IsSupported || await manifests.ReadAsync(repository, digest, cancellationToken).ConfigureAwait(false) is not { } found)
            {
                return false;
            }

            if (found.Record.State == ManifestState.Deleted || (found.Record.State == ManifestState.Pending && !Guards.Holds(Guard.LeavePending)))
            {
                // Whoever deleted it may have stopped before the last of its tags.
                await tags.DeleteAllAsync(repository, digest, found.Record.Generation, TagGuard.None, by, cancellationToken).ConfigureAwait(false);
            }

            if (found.Record.State != ManifestState.Live)
            {
                return false; // A pending one goes live any moment, with tags that are none of this deletion's.
            }

            await tags.ThrowIfGuardedAsync(repository, digest, found.Record.Generation, guard, cancellationToken).ConfigureAwait(false);
            await tags.DeleteAllAsync(repository, digest, onlyGeneration: null, guard, by, cancellationToken).ConfigureAwait(false);
            Digest[] named = ManifestRelease.NamedBy(found.Record.Content, found.Record.MediaType);
            QuotaClaim? claim = await quota.BeginReleaseAsync(repository, digest, found.Record, named, cancellationToken).ConfigureAwait(false);
            PutOutcome<ManifestRecord> outcome = await manifests.PutAsync(repository, digest, ManifestRecords.Tombstone(found.Record), found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                // A tag that came to point here between the two is of no use to anyone; its pusher notices and starts again. The tag of a push that came after
                // is, and says so by the generation that it was pointed at.
                // The client's leaving changes nothing any more.
                if (Guards.Holds(Guard.TagsAfterDelete))
                {
                    await tags.DeleteAllAsync(repository, digest, found.Record.Generation, TagGuard.None, by, CancellationToken.None).ConfigureAwait(false);
                }

                await release.ReleaseAsync(repository, digest, found.Record, CancellationToken.None).ConfigureAwait(false);
            }

            if (claim is not null)
            {
                await claim.EndAsync(settled: false, CancellationToken.None).ConfigureAwait(false);
            }

            if (outcome.Won)
            {
                return true;
            }

            await manifests.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends a manifest as it was read, for a collector that found it unneeded, or its push given up; nothing that changed since is touched.</summary>
    /// <returns>Whether it was still as it was read.</returns>
    public async ValueTask<bool> EndAsync(RepositoryName repository, Digest digest, Versioned<ManifestRecord> found, CancellationToken cancellationToken)
    {
        Digest[] named = ManifestRelease.NamedBy(found.Record.Content, found.Record.MediaType);
        QuotaClaim? claim = await quota.BeginReleaseAsync(repository, digest, found.Record, named, cancellationToken).ConfigureAwait(false);
        PutOutcome<ManifestRecord> outcome = await manifests.PutAsync(repository, digest, ManifestRecords.Tombstone(found.Record), found, cancellationToken).ConfigureAwait(false);
        if (outcome.Won)
        {
            // As for a deletion by a client: a tag that came to point here was not acknowledged, since its pusher looks at the record last.
            await tags.DeleteAllAsync(repository, digest, found.Record.Generation, TagGuard.None, ChangedBy.Collection, cancellationToken).ConfigureAwait(false);
            await release.ReleaseAsync(repository, digest, found.Record, cancellationToken).ConfigureAwait(false);
        }

        if (claim is not null)
        {
            await claim.EndAsync(settled: false, cancellationToken).ConfigureAwait(false);
        }

        return outcome.Won;
    }
}
