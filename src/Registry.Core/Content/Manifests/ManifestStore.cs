using Registry.Content.Caching;
using Registry.Content.Catalog;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Content.Released;
using Registry.Content.Tags;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;
using Registry.Storage;

namespace Registry.Content.Manifests;

/// <summary>A manifest as it was pushed.</summary>
/// <param name="Digest">The digest it was asked for by, or that its tag points at.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="Content">Its bytes, verbatim.</param>
internal sealed record StoredManifest(Digest Digest, string MediaType, ReadOnlyMemory<byte> Content);

/// <summary>Manifests. A manifest's record is the one place where it is decided whether it exists; everything it names is held before it goes live.</summary>
internal sealed class ManifestStore(
    IObjectStore store,
    RecordStore records,
    RefStore refs,
    TagStore tags,
    RepositoryCatalog catalog,
    ReleasedContent released,
    ManifestContent content,
    ManifestQuota quota,
    Ulid ids,
    TimeProvider time,
    ContentOptions options)
{
    // For pulls alone.
    private readonly FactCache<ContentPlace, StoredManifest> _seen =
        new(options.CacheLifetime, time, static manifest => manifest.Content.Length + FactBytes, options.CacheLifetime > TimeSpan.Zero ? options.CacheBytes : 0);

    // What is kept of a manifest beside its content, about.
    private const int FactBytes = 1024;

    /// <summary>Reads a manifest, or returns <see langword="null"/> where the repository does not have it.</summary>
    public async ValueTask<StoredManifest?> GetAsync(RepositoryName repository, Reference reference, CancellationToken cancellationToken)
    {
        if (reference.Tag is not { } tag)
        {
            return await GetAsync(repository, reference.Digest, cancellationToken).ConfigureAwait(false);
        }

        Digest? digest = await tags.ResolveAsync(repository, tag, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            StoredManifest? manifest = await GetAsync(repository, digest, cancellationToken).ConfigureAwait(false);
            if (manifest is not null || digest is null)
            {
                return manifest;
            }

            // The tag may have been moved, and what it pointed at deleted, since the tag was read.
            Digest? now = await tags.ResolveAsync(repository, tag, cancellationToken).ConfigureAwait(false);
            if (now == digest)
            {
                return null;
            }

            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            digest = now;
        }
    }

    /// <summary>Stores a manifest and points tags at it.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="manifest">The manifest; its digest has been verified.</param>
    /// <param name="document">The same, parsed.</param>
    /// <param name="pointing">The tags. They are pointed at it one after the other in byte order, so that of several pushes that want the same ones the one that gets the first gets them all.</param>
    /// <param name="cancellationToken">Ends the push; the manifest may then be there or not.</param>
    /// <exception cref="RegistryException">
    /// Content that the manifest names is missing, the condition does not hold, or a quota is too small. Where the condition held for every tag at first and somebody came between, tags before the one that is
    /// named point at the manifest.
    /// </exception>
    public async ValueTask PutAsync(
        RepositoryName repository, StoredManifest manifest, ManifestDocument document, Pointing pointing, CancellationToken cancellationToken)
    {
        pointing = pointing with { Tags = [.. pointing.Tags.OrderBy(static tag => tag.Value, StringComparer.Ordinal)] };
        Digest[] required = await content.ThrowIfMissingAsync(repository, document, [.. document.RequiredContent()], visibly: true, cancellationToken).ConfigureAwait(false);
        await ThrowIfConditionFailsAsync(repository, manifest.Digest, pointing, cancellationToken).ConfigureAwait(false);
        await catalog.AddAsync(repository, cancellationToken).ConfigureAwait(false);
        var pointed = new TagWay?[pointing.Tags.Count];
        for (int attempt = 0; ; attempt++)
        {
            if (await TryPutCountedAsync(repository, manifest, document, required, pointing, pointed, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes a manifest and every tag that points at it, whatever rules there are for tags.</summary>
    /// <returns>Whether there was one.</returns>
    public ValueTask<bool> DeleteAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        DeleteAsync(repository, digest, TagGuard.None, default, cancellationToken);

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
            if (!digest.IsSupported || await ReadAsync(repository, digest, cancellationToken).ConfigureAwait(false) is not { } found)
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

            await tags.ThrowIfGuardedAsync(repository, digest, guard, cancellationToken).ConfigureAwait(false);
            await tags.DeleteAllAsync(repository, digest, onlyGeneration: null, guard, by, cancellationToken).ConfigureAwait(false);
            Digest[] named = NamedBy(found.Record);
            QuotaClaim? claim = await quota.BeginReleaseAsync(repository, digest, found.Record, named, cancellationToken).ConfigureAwait(false);
            PutOutcome<ManifestRecord> outcome = await PutAsync(repository, digest, Tombstone(found.Record), found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                // A tag that came to point here between the two is of no use to anyone; its pusher notices and starts again. The tag of a push that came after
                // is, and says so by the generation that it was pointed at.
                // The client's leaving changes nothing any more.
                if (Guards.Holds(Guard.TagsAfterDelete))
                {
                    await tags.DeleteAllAsync(repository, digest, found.Record.Generation, TagGuard.None, by, CancellationToken.None).ConfigureAwait(false);
                }

                await ReleaseAsync(repository, digest, found.Record, CancellationToken.None).ConfigureAwait(false);
            }

            if (claim is not null)
            {
                await claim.EndAsync(settled: false, CancellationToken.None).ConfigureAwait(false);
            }

            if (outcome.Won)
            {
                return true;
            }

            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Forgets what this process knows of a manifest whose record was changed beside this class.</summary>
    public void Forget(RepositoryName repository, Digest digest) => _seen.Forget(new ContentPlace(repository, digest));

    /// <summary>Ends a manifest as it was read, for a collector that found it unneeded, or its push given up; nothing that changed since is touched.</summary>
    /// <returns>Whether it was still as it was read.</returns>
    public async ValueTask<bool> EndAsync(RepositoryName repository, Digest digest, Versioned<ManifestRecord> found, CancellationToken cancellationToken)
    {
        Digest[] named = NamedBy(found.Record);
        QuotaClaim? claim = await quota.BeginReleaseAsync(repository, digest, found.Record, named, cancellationToken).ConfigureAwait(false);
        PutOutcome<ManifestRecord> outcome = await PutAsync(repository, digest, Tombstone(found.Record), found, cancellationToken).ConfigureAwait(false);
        if (outcome.Won)
        {
            // As for a deletion by a client: a tag that came to point here was not acknowledged, since its pusher looks at the record last.
            await tags.DeleteAllAsync(repository, digest, found.Record.Generation, TagGuard.None, ChangedBy.Collection, cancellationToken).ConfigureAwait(false);
            await ReleaseAsync(repository, digest, found.Record, cancellationToken).ConfigureAwait(false);
        }

        if (claim is not null)
        {
            await claim.EndAsync(settled: false, cancellationToken).ConfigureAwait(false);
        }

        return outcome.Won;
    }

    /// <summary>Marks a manifest as unneeded, as it was read, or takes the mark away.</summary>
    /// <returns>Whether it was still as it was read.</returns>
    public async ValueTask<bool> MarkAsync(RepositoryName repository, Digest digest, Versioned<ManifestRecord> found, DateTimeOffset? condemnedAt, CancellationToken cancellationToken) =>
        (await PutAsync(repository, digest, found.Record with { CondemnedAt = condemnedAt }, found, cancellationToken).ConfigureAwait(false)).Won;

    private async ValueTask<bool> TryPutCountedAsync(
        RepositoryName repository,
        StoredManifest manifest,
        ManifestDocument document,
        Digest[] required,
        Pointing pointing,
        TagWay?[] pointed,
        CancellationToken cancellationToken)
    {
        if (await quota.ReserveAsync(repository, manifest, pointing.Tags, cancellationToken).ConfigureAwait(false) is not { } claim)
        {
            return await TryPutAsync(repository, manifest, document, required, pointing, pointed, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            bool stands = await TryPutAsync(repository, manifest, document, required, pointing, pointed, cancellationToken).ConfigureAwait(false);
            await claim.EndAsync(settled: stands, CancellationToken.None).ConfigureAwait(false);
            return stands;
        }
        catch (RegistryException)
        {
            await claim.EndAsync(settled: false, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<bool> TryPutAsync(
        RepositoryName repository,
        StoredManifest manifest,
        ManifestDocument document,
        Digest[] required,
        Pointing pointing,
        TagWay?[] pointed,
        CancellationToken cancellationToken)
    {
        // The ways back from the manifest to its tags are laid meanwhile: a round of writes less to wait for. Those that are announced have to be there before the manifest's record is written.
        bool announced = pointing.Tags.Any(pointing.IsGuarded) && Guards.Holds(Guard.AnnounceGuarded);
        Task<TagWay[]> laying = Task.WhenAll(pointing.Tags.Select(tag => announced && pointing.IsGuarded(tag)
            ? tags.AnnounceAsync(repository, tag, manifest.Digest, cancellationToken)
            : tags.LayWayAsync(repository, tag, manifest.Digest, cancellationToken)));
        int taken = 0;
        try
        {
            if (announced)
            {
                await laying.ConfigureAwait(false);
            }

            string? generation = await GoLiveAsync(repository, manifest, document, required, pointing, announced, cancellationToken).ConfigureAwait(false);
            TagWay[] ways = await laying.ConfigureAwait(false);
            if (generation is null)
            {
                return false;
            }

            foreach (TagWay way in ways)
            {
                int place = taken++;
                if (await tags.PointAsync(repository, way, generation, pointing, pointed[place], cancellationToken).ConfigureAwait(false) is not { } took)
                {
                    return false;
                }

                pointed[place] = took;
            }

            // Somebody may have deleted the manifest after it went live and before the tags pointed at it, or removed the way back to a tag that was long in coming; then this push comes after
            // that.
            if (ways.Length == 0 || !Guards.Holds(Guard.LastLook))
            {
                return true;
            }

            Task<bool> there = tags.AreLaidAsync(repository, pointed!, cancellationToken);
            bool stands = await StandsAsync(repository, manifest.Digest, generation, cancellationToken).ConfigureAwait(false);
            return await there.ConfigureAwait(false) && stands;
        }
        finally
        {
            await RemoveUnusedAsync(repository, laying, taken).ConfigureAwait(false);
        }
    }

    private async ValueTask RemoveUnusedAsync(RepositoryName repository, Task<TagWay[]> laying, int taken)
    {
        await ((Task)laying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!laying.IsCompletedSuccessfully)
        {
            return; // What was laid counts for nothing, as after a crash.
        }

        foreach (TagWay way in (await laying.ConfigureAwait(false)).Skip(taken))
        {
            await tags.RemoveWayAsync(repository, way, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // A look before anything is written, so that a push that is refused leaves nothing behind. What decides is the look at each tag as it is moved, or at the manifest as it goes live.
    private async ValueTask ThrowIfConditionFailsAsync(RepositoryName repository, Digest digest, Pointing pointing, CancellationToken cancellationToken)
    {
        if (pointing.Condition == TagCondition.None)
        {
            return;
        }

        foreach (Tag tag in pointing.Tags)
        {
            if (pointing.Condition.Check(tag.Value, await tags.ResolveAsync(repository, tag, cancellationToken).ConfigureAwait(false)) is { } refusal)
            {
                throw refusal;
            }
        }

        if (pointing.Tags.Count == 0)
        {
            ThrowIfConditionFails(digest, pointing, await ReadAsync(repository, digest, cancellationToken).ConfigureAwait(false));
        }
    }

    // A push without tags has its condition on the manifest.
    private static void ThrowIfConditionFails(Digest digest, Pointing pointing, Versioned<ManifestRecord>? found)
    {
        Digest? live = found is { Record.State: ManifestState.Live } ? digest : null;
        if (pointing.Tags.Count == 0 && pointing.Condition.Check(digest.Value, live) is { } refusal)
        {
            throw refusal;
        }
    }

    /// <summary>
    /// Brings the manifest's record to live: pending in a new generation, a ref of that generation for everything it names, only then a look at each
    /// of these, then live. A collector that took something before the ref was written is seen; one that comes after sees the ref.
    /// </summary>
    /// <returns>The generation that is live, or <see langword="null"/> after a lost race.</returns>
    private async ValueTask<string?> GoLiveAsync(
        RepositoryName repository, StoredManifest manifest, ManifestDocument document, Digest[] required, Pointing pointing, bool announced, CancellationToken cancellationToken)
    {
        Versioned<ManifestRecord>? found = await ReadAsync(repository, manifest.Digest, cancellationToken).ConfigureAwait(false);
        ThrowIfConditionFails(manifest.Digest, pointing, found);
        if (found is { Record.State: ManifestState.Live })
        {
            // Its refs are all there, since it went live after them. A young one needs no write: whoever deletes it now does so after this push, or is
            // noticed after the tags. An older one is pushed anew, so that a collector of what nobody wants any more sees that somebody does; to many
            // who tag one manifest at a time this happens once.
            DateTimeOffset now = time.GetUtcNow();
            string liveGeneration = found.Record.Generation;
            bool condemned = found.Record.CondemnedAt is not null && Guards.Holds(Guard.ReviveTagged);
            bool isFresh = !condemned && now - found.Record.Pushed < options.GracePeriod / 2 && found.Record.MediaType == manifest.MediaType;
            if (isFresh && !announced)
            {
                return liveGeneration;
            }

            PutOutcome<ManifestRecord> touch = await PutAsync(
                repository, manifest.Digest, found.Record with { Pushed = now, MediaType = manifest.MediaType, CondemnedAt = null }, found, cancellationToken).ConfigureAwait(false);

            // Another's write that this one lost to came after the announcement too, since the record was read after that: it serves as well.
            bool isWritten = touch.Won || (isFresh && touch.Current is { Record: { State: ManifestState.Live, CondemnedAt: null } other } && other.Generation == liveGeneration);
            return isWritten ? liveGeneration : null;
        }

        // A pending record belongs to a push that is under way or broke off. Its generation is joined: what it writes is the same, and whichever of the
        // two gets there first goes live for both.
        if (found is not { Record.State: ManifestState.Pending })
        {
            var pending = new ManifestRecord
            {
                State = ManifestState.Pending,
                Generation = found is null || Guards.Holds(Guard.NewGeneration) ? ids.Next() : found.Record.Generation,
                MediaType = manifest.MediaType,
                Pushed = time.GetUtcNow(),
                Content = manifest.Content,
            };
            PutOutcome<ManifestRecord> claim = await PutAsync(repository, manifest.Digest, pending, found, cancellationToken).ConfigureAwait(false);
            if (!claim.Won)
            {
                return null;
            }

            found = claim.Current!;
        }

        string generation = found.Record.Generation;
        if (Guards.Holds(Guard.RefsBeforeLook))
        {
            await refs.AddAsync(repository, manifest.Digest, generation, required, cancellationToken).ConfigureAwait(false);
        }

        if (document.Subject is { } subject)
        {
            string referrer = ContentKeys.Referrer(repository, subject.Digest, manifest.Digest, generation);
            await store.PutMarkerAsync(referrer, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            if (Guards.Holds(Guard.LookAfterRefs))
            {
                await content.ThrowIfMissingAsync(repository, document, required, visibly: false, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RegistryException)
        {
            await AbandonAsync(repository, manifest.Digest, document, required, found).ConfigureAwait(false);
            throw;
        }

        if (!Guards.Holds(Guard.RefsBeforeLook))
        {
            await refs.AddAsync(repository, manifest.Digest, generation, required, cancellationToken).ConfigureAwait(false);
        }

        // The bytes of this push, not those of the record: they may be what a scrub found to be broken.
        PutOutcome<ManifestRecord> live = await PutAsync(
            repository, manifest.Digest, found.Record with { State = ManifestState.Live, MediaType = manifest.MediaType, Content = manifest.Content }, found, cancellationToken).ConfigureAwait(false);
        if (live.Won || !Guards.Holds(Guard.ReleaseLost))
        {
            return live.Won ? generation : null;
        }

        await ReleaseIfDeadAsync(repository, manifest.Digest, document, required, generation, live.Current).ConfigureAwait(false);
        return null;
    }

    private async ValueTask AbandonAsync(RepositoryName repository, Digest digest, ManifestDocument document, Digest[] required, Versioned<ManifestRecord> pending)
    {
        PutOutcome<ManifestRecord> outcome = await PutAsync(
            repository, digest, Tombstone(pending.Record), pending, CancellationToken.None).ConfigureAwait(false);
        await ReleaseIfDeadAsync(repository, digest, document, required, pending.Record.Generation, outcome.Current).ConfigureAwait(false);
    }

    // Another push may have been at work on the same generation, and whoever ended that may have removed its refs before all of this push's were written.
    // A generation that has ended never comes back, so that nobody else can want them.
    private async ValueTask ReleaseIfDeadAsync(
        RepositoryName repository, Digest digest, ManifestDocument document, Digest[] required, string generation, Versioned<ManifestRecord>? current)
    {
        if (current is not { Record.State: not ManifestState.Deleted } || current.Record.Generation != generation)
        {
            await ReleaseAsync(repository, digest, document, required, generation, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // What bytes that are broken name, nobody can tell: a recount puts that right.
    private static Digest[] NamedBy(ManifestRecord record)
    {
        try
        {
            return [.. ManifestParser.Parse(record.Content, record.MediaType).RequiredContent()];
        }
        catch (RegistryException)
        {
            return [];
        }
    }

    private ValueTask ReleaseAsync(RepositoryName repository, Digest digest, ManifestRecord record, CancellationToken cancellationToken)
    {
        ManifestDocument document;
        try
        {
            document = ManifestParser.Parse(record.Content, record.MediaType);
        }
        catch (RegistryException)
        {
            // Its bytes were broken where they are stored. Its refs count for nothing any more, and a collector finds them.
            return default;
        }

        return ReleaseAsync(repository, digest, document, [.. document.RequiredContent()], record.Generation, cancellationToken);
    }

    private async ValueTask ReleaseAsync(
        RepositoryName repository, Digest digest, ManifestDocument document, Digest[] required, string generation, CancellationToken cancellationToken)
    {
        if (document.Subject is { } subject)
        {
            await store.DeleteAsync(ContentKeys.Referrer(repository, subject.Digest, digest, generation), cancellationToken).ConfigureAwait(false);
        }

        await refs.RemoveAsync(repository, digest, generation, required, cancellationToken).ConfigureAwait(false);
        foreach (Digest content in required)
        {
            released.Note(new ContentPlace(repository, content));
        }
    }

    private async ValueTask<StoredManifest?> GetAsync(RepositoryName repository, Digest? digest, CancellationToken cancellationToken)
    {
        if (digest is not { IsSupported: true } wanted)
        {
            return null;
        }

        FactCache<ContentPlace, StoredManifest>.Look look = _seen.Begin(new ContentPlace(repository, wanted));
        if (_seen.TryGetFresh(look.Key, out StoredManifest? seen))
        {
            return seen;
        }

        if (await ReadAsync(repository, wanted, cancellationToken).ConfigureAwait(false) is not { Record: { State: ManifestState.Live } record })
        {
            return null;
        }

        var manifest = new StoredManifest(wanted, record.MediaType, record.Content);
        look.Remember(manifest);
        return manifest;
    }

    private async ValueTask<bool> StandsAsync(RepositoryName repository, Digest digest, string generation, CancellationToken cancellationToken)
    {
        if (await ReadAsync(repository, digest, cancellationToken).ConfigureAwait(false) is not { Record: { State: ManifestState.Live } record } found || record.Generation != generation)
        {
            return false;
        }

        // A collector may have looked for tags before there were any. It loses against this write, or has won already, which the write then shows.
        return record.CondemnedAt is null || !Guards.Holds(Guard.ReviveTagged)
            || (await PutAsync(repository, digest, record with { CondemnedAt = null }, found, cancellationToken).ConfigureAwait(false)).Won;
    }

    private ValueTask<Versioned<ManifestRecord>?> ReadAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken);

    private async ValueTask<PutOutcome<ManifestRecord>> PutAsync(
        RepositoryName repository, Digest digest, ManifestRecord record, Versioned<ManifestRecord>? over, CancellationToken cancellationToken)
    {
        try
        {
            return await records.PutAsync(ContentKeys.Manifest(repository, digest), record, over, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _seen.Forget(new ContentPlace(repository, digest));
        }
    }

    private static ManifestRecord Tombstone(ManifestRecord record) => record with { State = ManifestState.Deleted, CondemnedAt = null, Content = default };
}
