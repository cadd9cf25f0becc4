using Registry.Content;
using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Maintenance.Collection;

/// <summary>What a look at a manifest came to.</summary>
internal enum ManifestFate
{
    /// <summary>There is no such manifest.</summary>
    None,

    /// <summary>Something needs it, or nothing says that it may go.</summary>
    Kept,

    /// <summary>Nothing needs it; it goes when nothing does later too.</summary>
    Condemned,

    /// <summary>Nothing has needed it for as long as it was to be kept. <see cref="ManifestEnder"/> ends it.</summary>
    Ripe,

    /// <summary>It is gone.</summary>
    Removed,
}

/// <summary>
/// Ends manifests whose push was given up and, where the feed says so, finds those that nothing needs: no tag, no index that can be pulled, no subject. In two steps, as with blobs: whoever tags one or names it in an
/// index takes the mark of the first away, after the tag or the ref is there to be seen by the second.
/// </summary>
internal sealed class ManifestCollector(CollectionRun run, OwnerJudge judge, TombstoneRemover tombstones)
{
    /// <summary>Looks at a manifest and takes the step that is due, by what its feed says.</summary>
    public ValueTask<ManifestLook> ExamineAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        ExamineAsync(repository, digest, run.Policy.KeepUntagged(repository), cancellationToken);

    /// <summary>Looks at a manifest and takes the step that is due.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="keep">How long it is kept after it was first seen unneeded; <see langword="null"/> keeps it.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public async ValueTask<ManifestLook> ExamineAsync(RepositoryName repository, Digest digest, TimeSpan? keep, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Manifest(repository, digest);
        for (int attempt = 0; ; attempt++)
        {
            await run.PaceAsync(1, cancellationToken).ConfigureAwait(false);
            if (await run.Root.Records.ReadAsync<ManifestRecord>(key, cancellationToken).ConfigureAwait(false) is not { } found)
            {
                return default;
            }

            if (found.Record.State == ManifestState.Deleted)
            {
                // Whoever deleted it may have stopped before the last of its tags.
                if (!run.DryRun)
                {
                    await run.PaceAsync(1, cancellationToken).ConfigureAwait(false);
                    await run.Root.Tags.DeleteAllAsync(repository, digest, found.Record.Generation, TagGuard.None, ChangedBy.Collection, cancellationToken).ConfigureAwait(false);
                }

                await tombstones.RemoveAsync(key, found.ETag, found.LastModified, keep: false, cancellationToken).ConfigureAwait(false);
                return default;
            }

            if (OwnedKey.TryParseManifest(key, out ulong tableKey))
            {
                run.Generations.Set(tableKey, GenerationKey.OfGeneration(found.Record.Generation));
            }

            Step step = await DecideAsync(repository, digest, found, keep, cancellationToken).ConfigureAwait(false);
            bool changes = step.Change != Change.None && !run.DryRun;
            bool done = !changes || await TryAsync(step.Change, repository, digest, found, cancellationToken).ConfigureAwait(false);
            if (changes)
            {
                await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
            }

            if (done)
            {
                await CountAsync(repository, digest, step.Change, cancellationToken).ConfigureAwait(false);
                return new ManifestLook(step.Fate, found.Record.Nonce);
            }

            await run.Root.Records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    // The record was read before this looks for who needs the manifest.
    private async ValueTask<Step> DecideAsync(RepositoryName repository, Digest digest, Versioned<ManifestRecord> found, TimeSpan? keep, CancellationToken cancellationToken)
    {
        TimeSpan age = run.AgeOf(found.LastModified);
        if (found.Record.State == ManifestState.Pending)
        {
            return age < run.GracePeriod ? Step.Keep : new Step(ManifestFate.Removed, Change.End);
        }

        bool condemned = found.Record.CondemnedAt is not null;
        if (await FindPeriodAsync(repository, digest, found.Record, keep, condemned && run.Policy.LeavesMarks(repository), cancellationToken).ConfigureAwait(false) is not { } period)
        {
            return condemned ? new Step(ManifestFate.Kept, Change.Restore) : Step.Keep;
        }

        if (!condemned && Guards.Holds(Guard.ManifestInTwoSteps))
        {
            // What was pushed just now may be about to be named by an index, or to be tagged.
            return age < run.GracePeriod ? Step.Keep : new Step(ManifestFate.Condemned, Change.Condemn);
        }

        TimeSpan wait = period > run.GracePeriod ? period : run.GracePeriod;
        return new Step(age < wait && Guards.Holds(Guard.ManifestInTwoSteps) ? ManifestFate.Condemned : ManifestFate.Ripe, Change.None);
    }

    private ValueTask<bool> TryAsync(Change change, RepositoryName repository, Digest digest, Versioned<ManifestRecord> found, CancellationToken cancellationToken) => change switch
    {
        Change.End => run.Root.Manifests.EndAsync(repository, digest, found, cancellationToken),
        Change.Condemn => run.Root.Manifests.MarkAsync(repository, digest, found, run.Clock.Now, cancellationToken),
        _ => run.Root.Manifests.MarkAsync(repository, digest, found, condemnedAt: null, cancellationToken),
    };

    /// <summary>How long a manifest is kept that nothing needs, or <see langword="null"/> where something does or nothing says that it may go.</summary>
    private async ValueTask<TimeSpan?> FindPeriodAsync(RepositoryName repository, Digest digest, ManifestRecord record, TimeSpan? untagged, bool leaveMark, CancellationToken cancellationToken)
    {
        // What refers to a subject goes by the feed's rule for those, and not because it has no tag.
        Descriptor? subject = ManifestParser.Parse(record.Content, record.MediaType).Subject;
        TimeSpan? period = (subject is null ? untagged : run.Policy.KeepOrphanedReferrers(repository)) ?? (leaveMark ? TimeSpan.MaxValue : null);
        if (period is null)
        {
            return null;
        }

        await run.PaceAsync(3, cancellationToken).ConfigureAwait(false);
        bool needed = await run.Root.Tags.IsTaggedAsync(repository, digest, cancellationToken).ConfigureAwait(false)
            || await IsNamedAsync(repository, digest, cancellationToken).ConfigureAwait(false)
            || (subject is { } other && await IsThereAsync(repository, other.Digest, cancellationToken).ConfigureAwait(false));
        return needed ? null : period;
    }

    private async ValueTask<bool> IsThereAsync(RepositoryName repository, Digest subject, CancellationToken cancellationToken) =>
        subject.IsSupported
        && await run.Root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, subject), cancellationToken).ConfigureAwait(false) is { Record.State: ManifestState.Live };

    // An index that names it holds it by a ref in the same repository.
    private async ValueTask<bool> IsNamedAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        string? last = null;
        Storage.KeyPage page;
        do
        {
            page = await run.Root.Store.ListAsync(ContentKeys.Refs(digest, repository), last, Storage.ObjectStoreLimits.MaxPageKeys, cancellationToken).ConfigureAwait(false);
            if ((await judge.JudgeAsync(page.Keys, exactly: true, cancellationToken).ConfigureAwait(false)).Contains(OwnerVerdict.Counts))
            {
                return true;
            }

            last = page.Keys.Count > 0 ? page.Keys[^1] : last;
        }
        while (page.HasMore);

        return false;
    }

    private ValueTask CountAsync(RepositoryName repository, Digest digest, Change change, CancellationToken cancellationToken)
    {
        (CollectionCounts Counts, CollectionStep Step)? done = change switch
        {
            Change.Condemn => (new CollectionCounts { ManifestsCondemned = 1 }, CollectionStep.Condemned),
            Change.Restore => (new CollectionCounts { ManifestsRestored = 1 }, CollectionStep.Restored),
            Change.End => (new CollectionCounts { ManifestsRemoved = 1 }, CollectionStep.Removed),
            _ => null,
        };
        if (done is not { } step)
        {
            return default;
        }

        run.Count(step.Counts);
        return run.TellAsync(CollectionItemKind.Manifest, step.Step, repository, digest.Value, bytes: 0, cancellationToken);
    }

    private enum Change
    {
        None,
        Condemn,
        Restore,
        End,
    }

    private readonly record struct Step(ManifestFate Fate, Change Change)
    {
        public static Step Keep => new(ManifestFate.Kept, Change.None);
    }
}

/// <summary>What a look at a manifest came to.</summary>
/// <param name="Fate">What came of it.</param>
/// <param name="Nonce">The nonce of the record that was looked at.</param>
internal readonly record struct ManifestLook(ManifestFate Fate, string Nonce);
