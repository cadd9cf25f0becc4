using Registry.Content;
using Registry.Content.Records;
using Registry.Model;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Looks at one tag: that it leads to a manifest, that it is listed, and that the manifest knows of it.</summary>
internal sealed class TagScrub(ContentRoot root)
{
    /// <returns>Whether there is such a tag.</returns>
    public async ValueTask<bool> CheckAsync(ScrubRun run, RepositoryName repository, Tag tag)
    {
        string key = ContentKeys.Tag(repository, tag);
        TagRecord? record;
        Digest digest;
        try
        {
            record = (await root.Records.ReadAsync<TagRecord>(key, run.Token).ConfigureAwait(false))?.Record;
            if (record?.Digest is null)
            {
                return false;
            }

            digest = record.ReadDigest();
        }
        catch (InvalidDataException)
        {
            run.Add(Finding(ScrubFindingKind.RecordCorrupt, repository, tag, key, "The tag's record is none. Remove the object and push the tag again."));
            return true;
        }

        run.Count(static report => report with { Tags = report.Tags + 1 });
        if (await CheckManifestAsync(run, repository, tag, digest, record).ConfigureAwait(false))
        {
            await CheckMarkersAsync(run, repository, tag, digest, record).ConfigureAwait(false);
        }

        return true;
    }

    /// <returns>Whether the tag is still there.</returns>
    private async ValueTask<bool> CheckManifestAsync(ScrubRun run, RepositoryName repository, Tag tag, Digest digest, TagRecord record)
    {
        Versioned<ManifestRecord>? manifest;
        try
        {
            manifest = digest.IsSupported ? await root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), run.Token).ConfigureAwait(false) : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            await run.ThrowIfAwayAsync(e).ConfigureAwait(false);
            return true; // Told of where manifests are looked at.
        }

        // Whoever is just moving the tag, or deleting what it points at, goes on by himself.
        bool isAnother = manifest is not null && manifest.Record.Generation != record.ManifestGeneration;
        if ((manifest is { Record.State: ManifestState.Live } && !isAnother)
            || root.Time.GetUtcNow() - record.Updated < root.Options.GracePeriod
            || (await root.Records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), run.Token).ConfigureAwait(false))?.Record.Nonce != record.Nonce)
        {
            return true;
        }

        // A manifest that was deleted takes its tags along, unless whoever deleted it stopped. One that is pending or is not there at all was not deleted: the tag is the last that tells of it.
        bool drops = run.Mends && (isAnother || manifest is { Record.State: ManifestState.Deleted });
        bool dropped = drops && await root.Tags.DeleteDanglingAsync(repository, tag, record, ChangedBy.Scrub, run.Token).ConfigureAwait(false);
        run.Add(Finding(ScrubFindingKind.TagDangling, repository, tag, ContentKeys.Tag(repository, tag), $"It points at {digest}, which {(isAnother ? "was deleted, and pushed again without it" : Describe(manifest))}.") with
        {
            Action = dropped ? ScrubAction.Dropped : ScrubAction.Reported,
            Digest = digest.Value,
        });
        return !dropped;
    }

    private async ValueTask CheckMarkersAsync(ScrubRun run, RepositoryName repository, Tag tag, Digest digest, TagRecord record)
    {
        await EnsureAsync(run, repository, tag, ContentKeys.Tagged(repository, digest, tag, record.Generation), ScrubFindingKind.TagWayMissing, now => now.Generation == record.Generation).ConfigureAwait(false);
        if (record.Listed is { } listed)
        {
            await EnsureAsync(run, repository, tag, ContentKeys.TagName(repository, tag, listed), ScrubFindingKind.TagNameMissing, now => now.Listed == listed).ConfigureAwait(false);
        }
    }

    private async ValueTask EnsureAsync(ScrubRun run, RepositoryName repository, Tag tag, string marker, ScrubFindingKind kind, Func<TagRecord, bool> counts)
    {
        if (await root.Store.GetAsync(marker, run.Token).ConfigureAwait(false) is not null || !await CountsAsync(repository, tag, counts, run.Token).ConfigureAwait(false))
        {
            return;
        }

        if (run.Mends)
        {
            await root.Store.PutMarkerAsync(marker, run.Token).ConfigureAwait(false);
            if (!await CountsAsync(repository, tag, counts, run.Token).ConfigureAwait(false))
            {
                // Moved or deleted meanwhile, by somebody who may have looked for the marker before it was there.
                await root.Store.DeleteAsync(marker, run.Token).ConfigureAwait(false);
                return;
            }
        }

        run.Add(Finding(kind, repository, tag, marker, "It was missing.") with { Action = run.Mends ? ScrubAction.Mended : ScrubAction.Reported });
    }

    private async ValueTask<bool> CountsAsync(RepositoryName repository, Tag tag, Func<TagRecord, bool> counts, CancellationToken cancellationToken) =>
        await root.Records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), cancellationToken).ConfigureAwait(false) is { Record: { Digest: not null } now } && counts(now);

    private static string Describe(Versioned<ManifestRecord>? manifest) => manifest?.Record.State switch
    {
        ManifestState.Deleted => "was deleted",
        ManifestState.Pending => "is in quarantine or being pushed",
        _ => "is not there: push it again, with this tag",
    };

    private static ScrubFinding Finding(ScrubFindingKind kind, RepositoryName repository, Tag tag, string key, string detail) =>
        new(kind, ScrubAction.Reported, key, $"{repository}:{tag}. {detail}") { Repository = repository.Value };
}
