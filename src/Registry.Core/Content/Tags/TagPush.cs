using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Content.Released;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Tags;

/// <summary>Points tags at manifests that are pushed: the way back from the manifest first, then the tag's record, then its name.</summary>
internal sealed class TagPush(IObjectStore store, TagRecords tags, TagNames names, ReleasedContent released, Ulid ids, TimeProvider time, ContentOptions options)
{
    /// <summary>
    /// Lays the way back from a manifest to a tag that is to point there, so that whoever deletes the manifest finds the tag. It counts for nothing until the tag points there, and may
    /// therefore be laid while the manifest is still being put.
    /// </summary>
    public async Task<TagWay> LayWayAsync(RepositoryName repository, Tag tag, Digest digest, CancellationToken cancellationToken)
    {
        var way = new TagWay(tag, digest, ids.Next());
        await store.PutMarkerAsync(ContentKeys.Tagged(repository, digest, tag, way.Generation), cancellationToken).ConfigureAwait(false);
        return way;
    }

    /// <summary>Whether ways that tags took are still there: a collector removes those that look forgotten.</summary>
    public async Task<bool> AreLaidAsync(RepositoryName repository, IReadOnlyList<TagWay> ways, CancellationToken cancellationToken)
    {
        SmallObject?[] found = await Task.WhenAll(ways.Select(way =>
            store.GetAsync(ContentKeys.Tagged(repository, way.Digest, way.Tag, way.Generation), cancellationToken).AsTask())).ConfigureAwait(false);
        for (int i = 0; i < found.Length; i++)
        {
            // One that went because its tag was moved on, or deleted, was of use for as long as it was wanted.
            if (found[i] is null && Guards.Holds(Guard.LookForWay) && await tags.ReadAsync(repository, ways[i].Tag, cancellationToken).ConfigureAwait(false) is { } now && now.Record.Generation == ways[i].Generation)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Lays the way back to a tag that a deletion of the manifest must not take along. The order decides: the tag is read, the way is laid, the manifest's record is written, and the tag is pointed there only if it is
    /// as it was read. A deletion reads the manifest's record and then the ways. Either it sees this one, and <see cref="TagStore.ThrowIfGuardedAsync"/> makes sure that it is never taken, or it loses the manifest's record.
    /// </summary>
    public async Task<TagWay> AnnounceAsync(RepositoryName repository, Tag tag, Digest digest, CancellationToken cancellationToken)
    {
        Versioned<TagRecord>? before = await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false);
        TagWay way = await LayWayAsync(repository, tag, digest, cancellationToken).ConfigureAwait(false);
        return way with { IsAnnounced = true, Before = before };
    }

    /// <summary>Removes a way that no tag took.</summary>
    public ValueTask RemoveWayAsync(RepositoryName repository, TagWay way, CancellationToken cancellationToken) =>
        store.DeleteAsync(ContentKeys.Tagged(repository, way.Digest, way.Tag, way.Generation), cancellationToken);

    /// <summary>Points a tag at a manifest. Readers see the old place or the new one.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="way">The way back that was laid for the tag, which need not exist. It is taken, or removed when the condition does not hold.</param>
    /// <param name="manifestGeneration">The generation in which the manifest is live.</param>
    /// <param name="pointing">What must hold of where the tag points before, and who moves it.</param>
    /// <param name="before">
    /// The way that the tag took when the same push pointed it before and then had to begin again: the condition held then. Whoever moved or deleted the tag since did so after this push.
    /// </param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <returns>The way that was taken in the end, or <see langword="null"/> where the tag is not as it was when the way was announced: it is to be announced anew.</returns>
    /// <exception cref="RegistryException">The condition does not hold, or the push took so long that what became of the tag cannot be told.</exception>
    public async ValueTask<TagWay?> PointAsync(
        RepositoryName repository, TagWay way, string manifestGeneration, Pointing pointing, TagWay? before, CancellationToken cancellationToken)
    {
        Tag tag = way.Tag;
        Versioned<TagRecord>? found = way.IsAnnounced ? way.Before : await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            TagTarget? current = TagRecords.TargetOf(found);
            if (before is not null && !IsLeftTo(found, before) && Guards.Holds(Guard.TagOnce))
            {
                await RemoveWayAsync(repository, way, CancellationToken.None).ConfigureAwait(false);
                bool isKnown = found is { Record: { Digest: not null } or { Former: not null } };
                return isKnown || !Guards.Holds(Guard.WentBefore) ? before : throw new RegistryException(
                    RegistryErrorCode.Unavailable,
                    $"The push of '{tag}' took longer than what is left of a deleted tag is kept ({options.GracePeriod}), and nobody can tell any more whether somebody deleted it. Push again.");
            }

            if ((before is null || !Guards.Holds(Guard.ConditionOnce)) && (attempt == 0 || Guards.Holds(Guard.ConditionAnew)))
            {
                (RegistryException? refusal, bool isTorn) = await FindRefusalAsync(repository, tag, current, pointing.Condition, cancellationToken).ConfigureAwait(false);
                if (refusal is not null || (isTorn && way.IsAnnounced))
                {
                    await RemoveWayAsync(repository, way, CancellationToken.None).ConfigureAwait(false);
                    return refusal is null ? null : throw refusal;
                }

                if (isTorn)
                {
                    found = await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false);
                    continue;
                }
            }

            // What a deletion left behind is removed while the record still tells of it.
            await tags.RemoveMarkersAsync(repository, tag, found?.Record.Former, cancellationToken).ConfigureAwait(false);

            DateTimeOffset now = time.GetUtcNow();
            var wanted = new TagRecord
            {
                Digest = way.Digest.Value,
                ManifestGeneration = manifestGeneration,
                Generation = way.Generation,
                Listed = current is null ? ids.Next() : found!.Record.Listed,
                Updated = now,
                History = TagStep.Following(found?.Record, way.Digest.Value, pointing.By, now, options.TagHistoryLength),
            };
            PutOutcome<TagRecord> outcome = await tags.PutAsync(repository, tag, wanted, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                // The tag has moved, whether the client waits for the rest or not.
                await names.EnsureAsync(repository, tag, wanted, isNew: current is null, CancellationToken.None).ConfigureAwait(false);
                TagMarkers? former = current is { } previous ? new TagMarkers(previous.Digest.Value, previous.Generation, Listed: null) : null;
                await tags.RemoveMarkersAsync(repository, tag, former, CancellationToken.None).ConfigureAwait(false);
                if (current is { } left && left.Digest != way.Digest)
                {
                    released.Note(new ContentPlace(repository, left.Digest));
                }

                return way;
            }

            await RemoveWayAsync(repository, way, CancellationToken.None).ConfigureAwait(false);
            if (way.IsAnnounced)
            {
                return null;
            }

            await tags.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            way = await LayWayAsync(repository, tag, way.Digest, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }
    }

    /// <summary>Finds how to refuse a push because of where a tag points. A tag that leads nowhere is not there, for conditions as for pulls.</summary>
    /// <returns>The refusal, or <see langword="null"/> where the condition holds; and whether neither can be said, because the tag was moved while it was looked where it leads.</returns>
    public async ValueTask<(RegistryException? Refusal, bool IsTorn)> FindRefusalAsync(RepositoryName repository, Tag tag, TagTarget? current, TagCondition condition, CancellationToken cancellationToken)
    {
        RegistryException? ifAbsent = condition.Check(tag.Value, null);
        if (current is not { } target)
        {
            return (ifAbsent, false);
        }

        // Where it is the same whether the tag leads somewhere or not, nobody needs to look.
        RegistryException? ifThere = condition.Check(tag.Value, target.Digest);
        if ((ifThere is null) == (ifAbsent is null) || await tags.LeadsSomewhereAsync(repository, target, cancellationToken).ConfigureAwait(false))
        {
            return (ifThere, false);
        }

        // That the condition holds is decided by the put. That it does not has to be so at some moment: the tag may have been moved before what it pointed at was deleted.
        bool isTorn = ifAbsent is not null && Guards.Holds(Guard.LookAgainAtTag)
            && TagRecords.TargetOf(await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false)) != current;
        return (isTorn ? null : ifAbsent, isTorn);
    }

    // Whether a tag is as a push left it, or went with the manifest that it pointed at.
    private static bool IsLeftTo(Versioned<TagRecord>? found, TagWay before) =>
        found?.Record.Digest is not null ? found.Record.Generation == before.Generation : found is { Record: { WithManifest: true, Former: { } former } } && former.Generation == before.Generation;
}
