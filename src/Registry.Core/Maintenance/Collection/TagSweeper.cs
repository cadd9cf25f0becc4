using Registry.Content;
using Registry.Content.Records;
using Registry.Model;

namespace Registry.Maintenance.Collection;

/// <summary>What a look at a tag came to.</summary>
internal enum TagFate
{
    /// <summary>It is as it is to be.</summary>
    Done,

    /// <summary>Nothing can be pulled by it, and it may be that of a push that is about to notice: it goes if it is so later too.</summary>
    Young,
}

/// <summary>Brings tags and their indexes into agreement: a tag's record says what counts.</summary>
internal sealed class TagSweeper(CollectionRun run, TombstoneRemover tombstones)
{
    /// <summary>Removes names under which no tag is listed any more.</summary>
    public ValueTask ScanNamesAsync(RepositoryName repository, List<string> keys, CancellationToken cancellationToken) =>
        ScanMarkersAsync(repository, keys, isName: true, cancellationToken);

    /// <summary>Removes ways back from manifests that no tag took.</summary>
    public ValueTask ScanWaysAsync(RepositoryName repository, List<string> keys, CancellationToken cancellationToken) =>
        ScanMarkersAsync(repository, keys, isName: false, cancellationToken);

    /// <summary>Removes an entry of an index that counts for nothing and never will: its key ends in a generation.</summary>
    public async ValueTask RemoveMarkerAsync(string key, CancellationToken cancellationToken)
    {
        if (!run.DryRun)
        {
            await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
            await run.Root.Store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }

        run.Count(new CollectionCounts { MarkersRemoved = 1 });
    }

    /// <summary>Looks at tags: whether they point somewhere, whether the indexes have them, and whether what is left of deleted ones can go.</summary>
    public async ValueTask ScanTagsAsync(RepositoryName repository, List<string> keys, CancellationToken cancellationToken)
    {
        await run.PaceAsync(keys.Count, cancellationToken).ConfigureAwait(false);
        await run.ForEachAsync(
            keys,
            async (key, token) =>
            {
                if (Tag.TryParse(key.AsSpan(key.LastIndexOf('/') + 1), out Tag tag))
                {
                    await ExamineAsync(repository, tag, token).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        run.Count(new CollectionCounts { Tags = keys.Count });
    }

    /// <summary>Looks at a tag and takes the step that is due.</summary>
    public async ValueTask<TagFate> ExamineAsync(RepositoryName repository, Tag tag, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Tag(repository, tag);
        if (await run.Root.Records.ReadAsync<TagRecord>(key, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return TagFate.Done;
        }

        TagRecord record = found.Record;
        if (record.Digest is null)
        {
            if (!run.DryRun)
            {
                await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
                await run.Root.Tags.CleanAsync(repository, tag, record, cancellationToken).ConfigureAwait(false);
            }

            await tombstones.RemoveAsync(key, found.ETag, found.LastModified, keep: false, cancellationToken).ConfigureAwait(false);
            return TagFate.Done;
        }

        if (!await PointsSomewhereAsync(repository, record, cancellationToken).ConfigureAwait(false))
        {
            if (run.AgeOf(found.LastModified) < run.GracePeriod)
            {
                return TagFate.Young;
            }

            if (run.DryRun || await run.Root.Tags.DeleteDanglingAsync(repository, tag, record, ChangedBy.Collection, cancellationToken).ConfigureAwait(false))
            {
                run.Count(new CollectionCounts { TagsRemoved = 1 });
                await run.TellAsync(CollectionItemKind.Tag, CollectionStep.Removed, repository, tag.Value, bytes: 0, cancellationToken).ConfigureAwait(false);
            }

            return TagFate.Done;
        }

        if (!run.Tags.Has(WayKey(repository, tag), GenerationKey.OfGeneration(record.Generation)) || !run.Tags.Has(NameKey(repository, tag), GenerationKey.OfGeneration(record.Listed ?? "")))
        {
            await run.PaceAsync(2, cancellationToken).ConfigureAwait(false);
            int missing = run.DryRun ? 0 : await run.Root.Tags.MendAsync(repository, tag, record, cancellationToken).ConfigureAwait(false);
            run.Count(new CollectionCounts { MarkersMended = missing });
        }

        return TagFate.Done;
    }

    private async ValueTask<bool> PointsSomewhereAsync(RepositoryName repository, TagRecord record, CancellationToken cancellationToken)
    {
        Digest digest = record.ReadDigest();
        string key = ContentKeys.Manifest(repository, digest);
        if (record.ManifestGeneration is { } generation
            && OwnedKey.TryParseManifest(key, out ulong tableKey)
            && run.Generations.Has(tableKey, GenerationKey.OfGeneration(generation)))
        {
            return true;
        }

        return await run.Root.Records.ReadAsync<ManifestRecord>(key, cancellationToken).ConfigureAwait(false) is { } manifest
            && manifest.Record.IsThereIn(record.ManifestGeneration);
    }

    private async ValueTask ScanMarkersAsync(RepositoryName repository, List<string> keys, bool isName, CancellationToken cancellationToken)
    {
        await run.PaceAsync(keys.Count, cancellationToken).ConfigureAwait(false);
        await run.ForEachAsync(
            keys,
            async (key, token) =>
            {
                if (!ContentKeys.TryParseTag(key, out Tag tag, out string generation))
                {
                    return;
                }

                Versioned<TagRecord>? found = await run.Root.Records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), token).ConfigureAwait(false);
                if ((isName ? found?.Record.Listed : found?.Record.Generation) == generation)
                {
                    run.Tags.Set(isName ? NameKey(repository, tag) : WayKey(repository, tag), GenerationKey.OfGeneration(generation));
                }
                else if (Ulid.TryGetTime(generation, out DateTimeOffset made) && run.AgeOf(made) >= run.GracePeriod)
                {
                    // A younger way may belong to a push that is about to point its tag; one that takes longer looks for its way afterwards.
                    await RemoveMarkerAsync(key, token).ConfigureAwait(false);
                    if (!isName && !run.DryRun)
                    {
                        await run.Root.Tags.RestoreWayAsync(repository, tag, generation, key, token).ConfigureAwait(false);
                    }
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static ulong NameKey(RepositoryName repository, Tag tag) => GenerationKey.Of(repository.Value, $"name/{tag}");

    private static ulong WayKey(RepositoryName repository, Tag tag) => GenerationKey.Of(repository.Value, $"way/{tag}");
}
