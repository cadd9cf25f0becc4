using Registry.Content.Catalog;
using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Content.Tags;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;
using Registry.Storage;

namespace Registry.Content.Manifests;

/// <summary>Pushes a manifest: holds everything that it names, brings it to live and points tags at it, from the beginning as often as somebody comes between.</summary>
internal sealed class ManifestPush(
    IObjectStore store,
    ManifestRecords manifests,
    ManifestRelease release,
    RefStore refs,
    TagStore tags,
    TagPush pushes,
    RepositoryCatalog catalog,
    ManifestContent content,
    ManifestQuota quota,
    Ulid ids,
    TimeProvider time,
    ContentOptions options)
{
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

            await manifests.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

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
            ? pushes.AnnounceAsync(repository, tag, manifest.Digest, cancellationToken)
            : pushes.LayWayAsync(repository, tag, manifest.Digest, cancellationToken)));
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
                if (await pushes.PointAsync(repository, way, generation, pointing, pointed[place], cancellationToken).ConfigureAwait(false) is not { } took)
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

            Task<bool> there = pushes.AreLaidAsync(repository, pointed!, cancellationToken);
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
            await pushes.RemoveWayAsync(repository, way, CancellationToken.None).ConfigureAwait(false);
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
            TagTarget? current = await tags.FindAsync(repository, tag, cancellationToken).ConfigureAwait(false);
            if ((await pushes.FindRefusalAsync(repository, tag, current, pointing.Condition, cancellationToken).ConfigureAwait(false)).Refusal is { } refusal)
            {
                throw refusal;
            }
        }

        if (pointing.Tags.Count == 0)
        {
            ThrowIfConditionFails(digest, pointing, await manifests.ReadAsync(repository, digest, cancellationToken).ConfigureAwait(false));
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
        Versioned<ManifestRecord>? found = await manifests.ReadAsync(repository, manifest.Digest, cancellationToken).ConfigureAwait(false);
        ThrowIfConditionFails(manifest.Digest, pointing, found);
        if (found is { Record.State: ManifestState.Live })
        {
            if (options.AllowSparseIndexes && document.Manifests.Count > 0)
            {
                // What came after the index that names it is held from now on.
                await refs.AddAsync(repository, manifest.Digest, found.Record.Generation, required, cancellationToken).ConfigureAwait(false);
                await content.ThrowIfMissingAsync(repository, document, required, visibly: false, cancellationToken).ConfigureAwait(false);
            }

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

            PutOutcome<ManifestRecord> touch = await manifests.PutAsync(repository, manifest.Digest, found.Record with { Pushed = now, MediaType = manifest.MediaType, CondemnedAt = null }, found, cancellationToken).ConfigureAwait(false);

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
            PutOutcome<ManifestRecord> claim = await manifests.PutAsync(repository, manifest.Digest, pending, found, cancellationToken).ConfigureAwait(false);
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
        PutOutcome<ManifestRecord> live = await manifests.PutAsync(repository, manifest.Digest, found.Record with { State = ManifestState.Live, MediaType = manifest.MediaType, Content = manifest.Content }, found, cancellationToken).ConfigureAwait(false);
        if (live.Won || !Guards.Holds(Guard.ReleaseLost))
        {
            return live.Won ? generation : null;
        }

        await release.ReleaseIfEndedAsync(repository, manifest.Digest, document, required, generation, live.Current).ConfigureAwait(false);
        return null;
    }

    private async ValueTask AbandonAsync(RepositoryName repository, Digest digest, ManifestDocument document, Digest[] required, Versioned<ManifestRecord> pending)
    {
        PutOutcome<ManifestRecord> outcome = await manifests.PutAsync(repository, digest, ManifestRecords.Tombstone(pending.Record), pending, CancellationToken.None).ConfigureAwait(false);
        await release.ReleaseIfEndedAsync(repository, digest, document, required, pending.Record.Generation, outcome.Current).ConfigureAwait(false);
    }

    private async ValueTask<bool> StandsAsync(RepositoryName repository, Digest digest, string generation, CancellationToken cancellationToken)
    {
        if (await manifests.ReadAsync(repository, digest, cancellationToken).ConfigureAwait(false) is not { Record: { State: ManifestState.Live } record } found || record.Generation != generation)
        {
            return false;
        }

        // A collector may have looked for tags before there were any. It loses against this write, or has won already, which the write then shows.
        return record.CondemnedAt is null || !Guards.Holds(Guard.ReviveTagged)
            || (await manifests.PutAsync(repository, digest, record with { CondemnedAt = null }, found, cancellationToken).ConfigureAwait(false)).Won;
    }
}
