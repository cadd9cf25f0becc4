using Registry.Content.Caching;
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
internal sealed class TagStore(IObjectStore store, RecordStore records, ReleasedContent released, QuotaBook quotas, Ulid ids, TimeProvider time)
{
    // For how long after a tag came into being a look at it makes sure that it is listed. An older one was seen often enough, or is mended by its next push.
    private static readonly TimeSpan MendedFor = TimeSpan.FromDays(1);

    // Names that were seen. A name belongs to one generation of its tag and is there as long as that is, so that it need never be looked at again.
    private readonly FactCache<string, bool> _listed = new(TimeSpan.MaxValue, time);

    /// <summary>Where a tag points, or <see langword="null"/> where there is no such tag.</summary>
    public async ValueTask<Digest?> ResolveAsync(RepositoryName repository, Tag tag, CancellationToken cancellationToken)
    {
        Versioned<TagRecord>? found = await records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), cancellationToken).ConfigureAwait(false);
        Digest? digest = DigestOf(found);
        if (digest is not null && IsYoung(found!.Record))
        {
            // Its push may have been stopped before the name was written: who sees the tag here has to see it in a list as well.
            await EnsureListedAsync(repository, tag, found.Record, isNew: false, cancellationToken).ConfigureAwait(false);
        }

        return digest;
    }

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
            if (found[i] is null
                && Guards.Holds(Guard.LookForWay)
                && await records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, ways[i].Tag), cancellationToken).ConfigureAwait(false) is { } now
                && now.Record.Generation == ways[i].Generation)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Removes a way that no tag took.</summary>
    public ValueTask RemoveWayAsync(RepositoryName repository, TagWay way, CancellationToken cancellationToken) =>
        store.DeleteAsync(ContentKeys.Tagged(repository, way.Digest, way.Tag, way.Generation), cancellationToken);

    /// <summary>Points a tag at a manifest. Readers see the old place or the new one.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="way">The way back that was laid for the tag, which need not exist. It is taken, or removed when the condition does not hold.</param>
    /// <param name="manifestGeneration">The generation in which the manifest is live.</param>
    /// <param name="condition">What must hold of where the tag points before.</param>
    /// <param name="before">
    /// The way that the tag took when the same push pointed it before and then had to begin again: the condition held then. Whoever moved or deleted the tag since did so after this push.
    /// </param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <exception cref="RegistryException">The condition does not hold.</exception>
    /// <returns>The way that was taken in the end.</returns>
    public async ValueTask<TagWay> PointAsync(
        RepositoryName repository, TagWay way, string manifestGeneration, TagCondition condition, TagWay? before, CancellationToken cancellationToken)
    {
        Tag tag = way.Tag;
        string key = ContentKeys.Tag(repository, tag);
        Versioned<TagRecord>? found = await records.ReadAsync<TagRecord>(key, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            Digest? current = DigestOf(found);
            if (before is not null && !IsLeftTo(found, before) && Guards.Holds(Guard.TagOnce))
            {
                await RemoveWayAsync(repository, way, CancellationToken.None).ConfigureAwait(false);
                return before;
            }

            if ((before is null || !Guards.Holds(Guard.ConditionOnce)) && condition.Check(tag.Value, current) is { } refusal)
            {
                await RemoveWayAsync(repository, way, CancellationToken.None).ConfigureAwait(false);
                throw refusal;
            }

            // What a deletion left behind is removed while the record still tells of it.
            await RemoveMarkersAsync(repository, tag, found?.Record.Former, cancellationToken).ConfigureAwait(false);

            var wanted = new TagRecord
            {
                Digest = way.Digest.Value,
                ManifestGeneration = manifestGeneration,
                Generation = way.Generation,
                Listed = current is null ? ids.Next() : found!.Record.Listed,
                Updated = time.GetUtcNow(),
            };
            PutOutcome<TagRecord> outcome = await records.PutAsync(key, wanted, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                // The tag has moved, whether the client waits for the rest or not.
                await EnsureListedAsync(repository, tag, wanted, isNew: current is null, CancellationToken.None).ConfigureAwait(false);
                TagMarkers? former = current is { } previous ? new TagMarkers(previous.Value, found!.Record.Generation, Listed: null) : null;
                await RemoveMarkersAsync(repository, tag, former, CancellationToken.None).ConfigureAwait(false);
                if (current is { } left && left != way.Digest)
                {
                    released.Note(new ContentPlace(repository, left));
                }

                return way;
            }

            await RemoveWayAsync(repository, way, CancellationToken.None).ConfigureAwait(false);
            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            way = await LayWayAsync(repository, tag, way.Digest, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }
    }

    /// <summary>Deletes a tag and leaves the manifest.</summary>
    /// <returns>Whether there was one.</returns>
    public ValueTask<bool> DeleteAsync(RepositoryName repository, Tag tag, CancellationToken cancellationToken) =>
        DeleteAsync(repository, tag, onlyAt: null, onlyGeneration: null, cancellationToken);

    /// <summary>Deletes a tag if nobody has pushed it since it was read, and leaves the manifest.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="generation">The generation that its record had.</param>
    /// <param name="cancellationToken">Ends the deletion.</param>
    /// <returns>Whether it was still as it was.</returns>
    public ValueTask<bool> DeleteUnchangedAsync(RepositoryName repository, Tag tag, string generation, CancellationToken cancellationToken) =>
        DeleteAsync(repository, tag, onlyAt: null, onlyGeneration: null, cancellationToken, onlyUnchanged: generation);

    /// <summary>Deletes every tag that points at a manifest.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="onlyGeneration">Only tags that were pointed at this generation of the manifest; <see langword="null"/> takes all.</param>
    /// <param name="cancellationToken">Ends the deletion.</param>
    public async ValueTask DeleteAllAsync(RepositoryName repository, Digest digest, string? onlyGeneration, CancellationToken cancellationToken)
    {
        await foreach (string key in store.ListAllAsync(ContentKeys.Tagged(repository, digest), cancellationToken).ConfigureAwait(false))
        {
            // A marker that does not count is left alone: it may belong to a tag that is just being pointed here.
            if (ContentKeys.TryParseTag(key, out Tag tag, out _))
            {
                await DeleteAsync(repository, tag, digest, onlyGeneration, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether some tag points at a manifest.</summary>
    public async ValueTask<bool> IsTaggedAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        await foreach (string key in store.ListAllAsync(ContentKeys.Tagged(repository, digest), cancellationToken).ConfigureAwait(false))
        {
            if (ContentKeys.TryParseTag(key, out Tag tag, out _)
                && DigestOf(await records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), cancellationToken).ConfigureAwait(false)) == digest)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Deletes a tag that points at a generation of a manifest which has ended; nothing that changed since is touched.</summary>
    /// <returns>Whether the tag was there and is not any more.</returns>
    public ValueTask<bool> DeleteDanglingAsync(RepositoryName repository, Tag tag, TagRecord record, CancellationToken cancellationToken) =>
        DeleteAsync(repository, tag, Digest.Parse(record.Digest!), record.ManifestGeneration, cancellationToken);

    /// <summary>Removes what a deletion of the tag left behind.</summary>
    public ValueTask CleanAsync(RepositoryName repository, Tag tag, TagRecord record, CancellationToken cancellationToken) =>
        RemoveMarkersAsync(repository, tag, record.Former, cancellationToken);

    /// <summary>Makes sure that a tag is in listings, and found from its manifest.</summary>
    /// <returns>How many of the two were missing.</returns>
    public async ValueTask<int> MendAsync(RepositoryName repository, Tag tag, TagRecord record, CancellationToken cancellationToken)
    {
        int missing = 0;
        string way = ContentKeys.Tagged(repository, Digest.Parse(record.Digest!), tag, record.Generation);
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

    /// <summary>Lists a repository's tags in byte order.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="after">Only tags after this text, which need not be one; <see langword="null"/> starts at the front.</param>
    /// <param name="limit">The most tags wanted, from 1 on.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async ValueTask<NamePage> ListAsync(RepositoryName repository, string? after, int limit, CancellationToken cancellationToken)
    {
        var tags = new List<string>(Math.Min(limit, ObjectStoreLimits.MaxPageKeys));
        string prefix = ContentKeys.TagNames(repository);
        string? start = after is null ? null : ContentKeys.AfterTagName(repository, ListingPosition.AmongTags(after));
        while (true)
        {
            // One more than wanted: a tag that was deleted and made again may, for a moment, have two names.
            int wanted = Math.Min(limit - tags.Count, ObjectStoreLimits.MaxPageKeys - 1) + 1;
            KeyPage page = await store.ListAsync(prefix, start, wanted, cancellationToken).ConfigureAwait(false);
            foreach (string key in page.Keys)
            {
                start = key;
                if (!ContentKeys.TryParseTag(key, out Tag tag, out _) || (tags.Count > 0 && tags[^1] == tag.Value))
                {
                    continue;
                }

                if (tags.Count == limit)
                {
                    return new NamePage(tags, true);
                }

                tags.Add(tag.Value);
            }

            if (!page.HasMore)
            {
                return new NamePage(tags, false);
            }
        }
    }

    private async ValueTask<bool> DeleteAsync(
        RepositoryName repository, Tag tag, Digest? onlyAt, string? onlyGeneration, CancellationToken cancellationToken, string? onlyUnchanged = null)
    {
        QuotaClaim? claim = await quotas.BeginReleaseAsync(repository, [QuotaItem.Tag(repository, tag)], cancellationToken).ConfigureAwait(false);
        bool deleted = await DeleteUncountedAsync(repository, tag, onlyAt, onlyGeneration, onlyUnchanged, cancellationToken).ConfigureAwait(false);
        if (claim is not null)
        {
            await claim.EndAsync(settled: false, CancellationToken.None).ConfigureAwait(false);
        }

        return deleted;
    }

    private async ValueTask<bool> DeleteUncountedAsync(
        RepositoryName repository, Tag tag, Digest? onlyAt, string? onlyGeneration, string? onlyUnchanged, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Tag(repository, tag);
        Versioned<TagRecord>? found = await records.ReadAsync<TagRecord>(key, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            if (DigestOf(found) is not { } current
                || (onlyAt is { } expected && current != expected)
                || (onlyUnchanged is not null && found!.Record.Generation != onlyUnchanged)
                || (onlyGeneration is not null && found!.Record.ManifestGeneration != onlyGeneration))
            {
                await RemoveMarkersAsync(repository, tag, found?.Record.Former, cancellationToken).ConfigureAwait(false);
                return false;
            }

            var former = new TagMarkers(current.Value, found!.Record.Generation, found.Record.Listed);
            var deleted = new TagRecord { Generation = ids.Next(), Former = former, WithManifest = onlyAt is not null, Updated = time.GetUtcNow() };
            PutOutcome<TagRecord> outcome = await records.PutAsync(key, deleted, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                await RemoveMarkersAsync(repository, tag, former, CancellationToken.None).ConfigureAwait(false);
                released.Note(new ContentPlace(repository, current));
                return true;
            }

            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }
    }

    // Whether a tag is as a push left it, or went with the manifest that it pointed at.
    private static bool IsLeftTo(Versioned<TagRecord>? found, TagWay before) =>
        found?.Record.Digest is not null ? found.Record.Generation == before.Generation : found is { Record: { WithManifest: true, Former: { } former } } && former.Generation == before.Generation;

    private bool IsYoung(TagRecord record) => Ulid.TryGetTime(record.Listed, out DateTimeOffset born) && time.GetUtcNow() - born < MendedFor;

    // The name is written after the record, so that a crash between the two leaves a tag that is not listed rather than a listed one that is not there;
    // the next pull or push of the tag mends it.
    private async ValueTask EnsureListedAsync(RepositoryName repository, Tag tag, TagRecord record, bool isNew, CancellationToken cancellationToken)
    {
        if (record.Listed is not { } listed)
        {
            return;
        }

        string name = ContentKeys.TagName(repository, tag, listed);
        if (_listed.TryGetFresh(name, out _))
        {
            return;
        }

        FactCache<string, bool>.Look look = _listed.Begin(name);
        if (!isNew && await store.GetAsync(name, cancellationToken).ConfigureAwait(false) is not null)
        {
            look.Remember(true);
            return;
        }

        await store.PutMarkerAsync(name, cancellationToken).ConfigureAwait(false);
        Versioned<TagRecord>? now = await records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), cancellationToken).ConfigureAwait(false);
        if (now?.Record.Listed != listed)
        {
            // Deleted meanwhile, by someone who may have looked for the name before it was there.
            await store.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
            return;
        }

        look.Remember(true);
    }

    // The way back from the manifest goes last: until then, whoever deletes the manifest finds the tag and removes what is left of it.
    private async ValueTask RemoveMarkersAsync(RepositoryName repository, Tag tag, TagMarkers? markers, CancellationToken cancellationToken)
    {
        if (markers?.Listed is { } listed)
        {
            await store.DeleteAsync(ContentKeys.TagName(repository, tag, listed), cancellationToken).ConfigureAwait(false);
        }

        if (Digest.TryParse(markers?.Digest, out Digest digest))
        {
            await store.DeleteAsync(ContentKeys.Tagged(repository, digest, tag, markers!.Generation), cancellationToken).ConfigureAwait(false);
        }
    }

    private static Digest? DigestOf(Versioned<TagRecord>? found) =>
        found?.Record.Digest is { } text && Digest.TryParse(text, out Digest digest) ? digest : null;
}
