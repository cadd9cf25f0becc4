using Registry.Content.Catalog;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Content.Released;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Tags;

/// <summary>
/// Tags. The record of a tag decides where it points; beside it stand two markers whose keys carry a generation: its name, for listings, and the
/// reverse way from the manifest. A marker counts only in the generation that the record has, so one that a crash leaves behind misleads nobody for good.
/// </summary>
internal sealed class TagStore(
    IObjectStore store, TagRecords tags, TagNames names, ReleasedContent released, QuotaBook quotas, Ulid ids, TimeProvider time, ContentOptions options)
{
    // For how long after a tag came into being a look at it makes sure that it is listed. An older one was seen often enough, or is mended by its next push.
    private static readonly TimeSpan MendedFor = TimeSpan.FromDays(1);

    /// <summary>Where a tag points, whether or not that can be pulled, or <see langword="null"/> where there is no such tag.</summary>
    public async ValueTask<TagTarget?> FindAsync(RepositoryName repository, Tag tag, CancellationToken cancellationToken)
    {
        Versioned<TagRecord>? found = await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false);
        TagTarget? target = TagRecords.TargetOf(found);
        if (target is not null && IsYoung(found!.Record))
        {
            // Its push may have been stopped before the name was written: who sees the tag here has to see it in a list as well.
            await names.EnsureAsync(repository, tag, found.Record, isNew: false, cancellationToken).ConfigureAwait(false);
        }
        else if (found?.Record.Former is not null)
        {
            // Whoever deleted it may have stopped before its name was gone: who does not see the tag here is not to see it in a list for long.
            NoteLeft(repository, tag);
        }

        return target;
    }

    /// <summary>Has a collector look at a tag by which nothing can be pulled, or of which something may be left.</summary>
    public void NoteLeft(RepositoryName repository, Tag tag) => released.Note(new TagPlace(repository, tag));

    /// <summary>The last changes of where a tag points, the newest first; those too of a tag that is deleted, while anything is left of it.</summary>
    public async ValueTask<IReadOnlyList<TagHistoryEntry>> ReadHistoryAsync(RepositoryName repository, Tag tag, CancellationToken cancellationToken)
    {
        Versioned<TagRecord>? found = await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false);
        var entries = new List<TagHistoryEntry>();
        Digest? to = TagRecords.DigestOf(found);
        foreach (TagStep step in found?.Record.History ?? [])
        {
            Digest? from = Digest.TryParse(step.From, out Digest digest) ? digest : null;
            entries.Add(new TagHistoryEntry(step.At, from, to, step.By, step.Job));
            to = from;
        }

        return entries;
    }

    /// <summary>Deletes a tag and leaves the manifest.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="guard">Whether it may be deleted, if it is there.</param>
    /// <param name="by">Who deletes it.</param>
    /// <param name="cancellationToken">Ends the deletion.</param>
    /// <returns>Whether there was one that led somewhere.</returns>
    /// <exception cref="RegistryException">It may not.</exception>
    public ValueTask<bool> DeleteAsync(RepositoryName repository, Tag tag, TagGuard guard, ChangedBy by, CancellationToken cancellationToken) =>
        DeleteAsync(repository, tag, TagCondition.None, guard, by, cancellationToken);

    /// <summary>Deletes a tag, if it points where it is to, and leaves the manifest.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="condition">What must hold of where it points, if it is there.</param>
    /// <param name="guard">Whether it may be deleted, if it is there.</param>
    /// <param name="by">Who deletes it.</param>
    /// <param name="cancellationToken">Ends the deletion.</param>
    /// <returns>Whether there was one that led somewhere.</returns>
    /// <exception cref="RegistryException">It may not, or the condition does not hold.</exception>
    public ValueTask<bool> DeleteAsync(RepositoryName repository, Tag tag, TagCondition condition, TagGuard guard, ChangedBy by, CancellationToken cancellationToken) =>
        DeleteAsync(repository, tag, default, condition, guard, by, cancellationToken);

    /// <summary>Deletes a tag if nobody has pushed it since it was read, and leaves the manifest.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="generation">The generation that its record had.</param>
    /// <param name="by">Who deletes it.</param>
    /// <param name="cancellationToken">Ends the deletion.</param>
    /// <returns>Whether it was still as it was.</returns>
    public ValueTask<bool> DeleteUnchangedAsync(RepositoryName repository, Tag tag, string generation, ChangedBy by, CancellationToken cancellationToken) =>
        DeleteAsync(repository, tag, new Only(Generation: Guards.Holds(Guard.RetainUnchanged) ? generation : null), TagCondition.None, TagGuard.None, by, cancellationToken);

    /// <summary>Deletes every tag that points at a manifest.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="onlyGeneration">Only tags that were pointed at this generation of the manifest; <see langword="null"/> takes all.</param>
    /// <param name="guard">Which of them may be deleted.</param>
    /// <param name="by">Who deletes them.</param>
    /// <param name="cancellationToken">Ends the deletion.</param>
    /// <exception cref="RegistryException">One may not. Those before it are deleted.</exception>
    public async ValueTask DeleteAllAsync(RepositoryName repository, Digest digest, string? onlyGeneration, TagGuard guard, ChangedBy by, CancellationToken cancellationToken)
    {
        await foreach (string key in store.ListAllAsync(ContentKeys.Tagged(repository, digest), cancellationToken).ConfigureAwait(false))
        {
            // A marker that does not count is left alone: it may belong to a tag that is just being pointed here.
            if (ContentKeys.TryParseTag(key, out Tag tag, out _))
            {
                await DeleteAsync(repository, tag, new Only(digest, onlyGeneration), TagCondition.None, guard, by, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Makes sure that no guarded tag points at a manifest that is to be deleted, nor comes to point there: one that is just being pointed there has to be announced anew, after which the manifest's record
    /// is another than whoever deletes it has read.
    /// </summary>
    /// <exception cref="RegistryException">One does.</exception>
    public async ValueTask ThrowIfGuardedAsync(RepositoryName repository, Digest digest, string generation, TagGuard guard, CancellationToken cancellationToken)
    {
        if (guard == TagGuard.None)
        {
            return;
        }

        await foreach (string key in store.ListAllAsync(ContentKeys.Tagged(repository, digest), cancellationToken).ConfigureAwait(false))
        {
            if (ContentKeys.TryParseTag(key, out Tag tag, out _) && await guard.FindRefusalAsync(tag).ConfigureAwait(false) is { } refusal)
            {
                await HoldOffAsync(repository, tag, digest, generation, refusal, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether some tag points at a manifest.</summary>
    public async ValueTask<bool> IsTaggedAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        await foreach (string key in store.ListAllAsync(ContentKeys.Tagged(repository, digest), cancellationToken).ConfigureAwait(false))
        {
            if (ContentKeys.TryParseTag(key, out Tag tag, out _) && TagRecords.DigestOf(await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false)) == digest)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether something can be pulled by a tag, or could once more; see <see cref="TagTarget"/>.</summary>
    public async ValueTask<bool> LeadsSomewhereAsync(RepositoryName repository, Versioned<TagRecord> found, CancellationToken cancellationToken) =>
        TagRecords.TargetOf(found) is { } target && await tags.LeadsSomewhereAsync(repository, target, cancellationToken).ConfigureAwait(false);

    /// <summary>Deletes a tag that points at a generation of a manifest which has ended; nothing that changed since is touched.</summary>
    /// <returns>Whether the tag was there and is not any more.</returns>
    public ValueTask<bool> DeleteDanglingAsync(RepositoryName repository, Tag tag, TagRecord record, ChangedBy by, CancellationToken cancellationToken) =>
        DeleteAsync(repository, tag, new Only(record.ReadDigest(), record.ManifestGeneration), TagCondition.None, TagGuard.None, by, cancellationToken);

    /// <summary>Removes what a deletion of the tag left behind.</summary>
    public ValueTask CleanAsync(RepositoryName repository, Tag tag, TagRecord record, CancellationToken cancellationToken) =>
        tags.RemoveMarkersAsync(repository, tag, record.Former, cancellationToken);

    /// <summary>
    /// Lays a way back to a tag again that was taken for forgotten and removed, if the tag has taken it: a push that was long in coming may have pointed the tag after the look, and have looked for the way before it
    /// went.
    /// </summary>
    /// <returns>Whether it has.</returns>
    public async ValueTask<bool> RestoreWayAsync(RepositoryName repository, Tag tag, string generation, string key, CancellationToken cancellationToken)
    {
        if (await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false) is not { } now || now.Record.Generation != generation || !Guards.Holds(Guard.RestoreWay))
        {
            return false;
        }

        await store.PutMarkerAsync(key, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Makes sure that a tag is in listings, and found from its manifest.</summary>
    /// <returns>How many of the two were missing.</returns>
    public async ValueTask<int> MendAsync(RepositoryName repository, Tag tag, TagRecord record, CancellationToken cancellationToken)
    {
        int missing = 0;
        string way = ContentKeys.Tagged(repository, record.ReadDigest(), tag, record.Generation);
        string? name = record.Listed is { } listed ? ContentKeys.TagName(repository, tag, listed) : null;
        foreach (string? key in new[] { way, name })
        {
            if (key is not null && await store.GetAsync(key, cancellationToken).ConfigureAwait(false) is null)
            {
                missing++;
                await store.PutMarkerAsync(key, cancellationToken).ConfigureAwait(false);
            }
        }

        // Should the tag have changed meanwhile, they count for nothing.
        return missing;
    }

    /// <summary>Deletes a tag, if it is there, and what was kept of its history.</summary>
    public async ValueTask EraseAsync(RepositoryName repository, Tag tag, CancellationToken cancellationToken)
    {
        QuotaClaim? claim = await quotas.BeginReleaseAsync(repository, [QuotaItem.Tag(repository, tag)], cancellationToken).ConfigureAwait(false);
        Versioned<TagRecord>? found = await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; found is { Record.Digest: not null } or { Record.History: not null }; attempt++)
        {
            if (claim is not null)
            {
                await claim.DoubtAbsentAsync(cancellationToken).ConfigureAwait(false);
            }

            PutOutcome<TagRecord> outcome = await tags.PutAsync(repository, tag, Tombstone(found.Record) with { History = null }, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won && TagRecords.DigestOf(found) is { } left)
            {
                released.Note(new ContentPlace(repository, left));
            }
            else if (!outcome.Won)
            {
                await tags.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            }

            found = outcome.Current;
        }

        await tags.RemoveMarkersAsync(repository, tag, found?.Record.Former, cancellationToken).ConfigureAwait(false);
        if (claim is not null)
        {
            await claim.EndAsync(settled: false, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Lists a repository's tags in byte order.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="after">Only tags after this text, which need not be one; <see langword="null"/> starts at the front.</param>
    /// <param name="limit">The most tags wanted, from 1 on.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public ValueTask<NamePage> ListAsync(RepositoryName repository, string? after, int limit, CancellationToken cancellationToken) =>
        names.ListAsync(repository, after, limit, cancellationToken);

    private async ValueTask<bool> DeleteAsync(RepositoryName repository, Tag tag, Only only, TagCondition condition, TagGuard guard, ChangedBy by, CancellationToken cancellationToken)
    {
        if (await quotas.BeginReleaseAsync(repository, [QuotaItem.Tag(repository, tag)], cancellationToken).ConfigureAwait(false) is not { } claim)
        {
            return await DeleteAsync(repository, tag, only, condition, guard, by, claim: null, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            bool deleted = await DeleteAsync(repository, tag, only, condition, guard, by, claim, cancellationToken).ConfigureAwait(false);
            await claim.EndAsync(settled: false, CancellationToken.None).ConfigureAwait(false);
            return deleted;
        }
        catch (RegistryException)
        {
            await claim.EndAsync(settled: false, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<bool> DeleteAsync(RepositoryName repository, Tag tag, Only only, TagCondition condition, TagGuard guard, ChangedBy by, QuotaClaim? claim, CancellationToken cancellationToken)
    {
        Versioned<TagRecord>? found = await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            if (TagRecords.TargetOf(found) is not { } current || !only.Fits(current.Digest, found!.Record))
            {
                await tags.RemoveMarkersAsync(repository, tag, found?.Record.Former, cancellationToken).ConfigureAwait(false);
                return false;
            }

            // Collectors, and whoever deletes a manifest, are after the record. To a client, a tag that leads nowhere is not there.
            bool counts = (only != default && guard == TagGuard.None) || await tags.LeadsSomewhereAsync(repository, current, cancellationToken).ConfigureAwait(false);
            if (counts && await guard.FindRefusalAsync(tag).ConfigureAwait(false) is { } refusal)
            {
                throw refusal;
            }

            if (counts && condition.Check(tag.Value, current.Digest) is { } failed)
            {
                throw failed;
            }

            if (claim is not null)
            {
                await claim.DoubtAbsentAsync(cancellationToken).ConfigureAwait(false);
            }

            // A push that pointed it, and is about to notice that its manifest went, points it again: it comes after a deletion that found nothing.
            TagRecord deleted = Tombstone(found.Record) with { WithManifest = only.At is not null || (!counts && Guards.Holds(Guard.WentBefore)) };
            deleted = deleted with { History = TagStep.Following(found.Record, to: null, by, deleted.Updated, options.TagHistoryLength) };
            PutOutcome<TagRecord> outcome = await tags.PutAsync(repository, tag, deleted, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                await tags.RemoveMarkersAsync(repository, tag, deleted.Former, CancellationToken.None).ConfigureAwait(false);
                released.Note(new ContentPlace(repository, current.Digest));
                return counts;
            }

            await tags.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }
    }

    // Writes the tag's record anew, as it is, so that a push that read it before cannot point the tag at the manifest any more.
    private async ValueTask HoldOffAsync(RepositoryName repository, Tag tag, Digest digest, string generation, RegistryException refusal, CancellationToken cancellationToken)
    {
        Versioned<TagRecord>? found = await tags.ReadAsync(repository, tag, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            // One that was pointed at an earlier generation leads nowhere, and goes.
            if (TagRecords.TargetOf(found) is { } target && target.Digest == digest && target.ManifestGeneration == generation)
            {
                throw refusal;
            }

            if (!Guards.Holds(Guard.HoldOffGuarded))
            {
                return;
            }

            TagRecord same = found?.Record ?? new TagRecord { Generation = ids.Next(), Updated = time.GetUtcNow() };
            PutOutcome<TagRecord> outcome = await tags.PutAsync(repository, tag, same, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                return;
            }

            await tags.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }
    }

    private TagRecord Tombstone(TagRecord record) => new()
    {
        Generation = ids.Next(),
        Former = record.Digest is { } digest ? new TagMarkers(digest, record.Generation, record.Listed) : record.Former,
        Updated = time.GetUtcNow(),
    };

    private bool IsYoung(TagRecord record) => Ulid.TryGetTime(record.Listed, out DateTimeOffset born) && time.GetUtcNow() - born < MendedFor;

    /// <summary>Which state of a tag is to be deleted.</summary>
    /// <param name="At">Only while it points at this manifest.</param>
    /// <param name="ManifestGeneration">Only where it was pointed at this generation of the manifest.</param>
    /// <param name="Generation">Only in this generation of the tag.</param>
    private readonly record struct Only(Digest? At = null, string? ManifestGeneration = null, string? Generation = null)
    {
        public bool Fits(Digest current, TagRecord record) =>
            (At is not { } at || current == at)
            && (ManifestGeneration is null || record.ManifestGeneration == ManifestGeneration)
            && (Generation is null || record.Generation == Generation);
    }
}
