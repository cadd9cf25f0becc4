using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Scrubbing;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>
/// Removes from the target what the source has no more, when everything that is new is there: tags, then manifests that no tag and no index of the target needs, then what those held. Nothing goes that something in the target
/// names, whatever the source says by now.
/// </summary>
internal sealed class CopyRemoval(CopyRun run, TagCopy tags, ObjectCopy objects)
{
    // Each round can remove the children of the indexes that the round before removed.
    private const int MaxRounds = 20;

    private readonly MarkerScrub _markers = new(run.Target);

    private RecordStore Records => run.Target.Records;

    public async ValueTask RunAsync()
    {
        await RemoveTagsAsync().ConfigureAwait(false);
        long before;
        int rounds = 0;
        do
        {
            before = run.Changes;
            await RemoveManifestsAsync().ConfigureAwait(false);
        }
        while (run.Changes > before && ++rounds < MaxRounds);

        await RemoveMarkersAsync().ConfigureAwait(false);
        await RemoveRefsAsync().ConfigureAwait(false);
        await RemoveBlobsAsync().ConfigureAwait(false);
    }

    private ValueTask RemoveTagsAsync() => run.ForEachAsync(
        KeyMerge.MergeAsync(run.Source.Store.ListRepositoriesAsync(run.Token), run.Target.Store.ListRepositoriesAsync(run.Token), run.Token),
        async key =>
        {
            if (key.InSource || !ContentKeys.TryParseRepository(key.Key, out RepositoryName repository, out string section) || section == "manifests")
            {
                return;
            }

            if (section != "tags")
            {
                await objects.RemoveAsync(key.Key).ConfigureAwait(false);
            }
            else if (Tag.TryParse(key.Key.AsSpan(key.Key.LastIndexOf('/') + 1), out Tag tag)
                && await run.GetAsync(run.Source, key.Key).ConfigureAwait(false) is (true, null)
                && (await run.GetAsync(run.Target, key.Key).ConfigureAwait(false)).Found is { } there)
            {
                await tags.RemoveAsync(repository, tag, there).ConfigureAwait(false);
            }
        });

    private ValueTask RemoveManifestsAsync() => run.ForEachAsync(
        run.Target.Store.ListRepositoriesAsync(run.Token),
        async key =>
        {
            if (!ContentKeys.TryParseRepository(key, out RepositoryName repository, out string section)
                || section != "manifests"
                || !ContentKeys.TryParseManifest(key, out Digest digest)
                || await IsInSourceAsync(key).ConfigureAwait(false)
                || await IsNeededAsync(repository, digest).ConfigureAwait(false))
            {
                return;
            }

            await run.Target.Store.DeleteAsync(key, run.Token).ConfigureAwait(false);
            run.Count(static report => report with { Removed = report.Removed + 1 });
        });

    private ValueTask RemoveMarkersAsync() => run.ForEachAsync(
        run.Target.Store.ListAllAsync(ContentKeys.RepositoriesPrefix, run.Token),
        async key =>
        {
            if (ContentKeys.TryParseRepository(key, out RepositoryName repository, out string section)
                && section is "referrers" or "tag-names" or "tagged"
                && await _markers.CountsAsync(repository, section, key, run.Token).ConfigureAwait(false) is false)
            {
                await run.Target.Store.DeleteAsync(key, run.Token).ConfigureAwait(false);
            }
        });

    private ValueTask RemoveRefsAsync() => run.ForEachAsync(
        KeyMerge.MergeAsync(run.Source.Store.ListAllAsync(ContentKeys.RefsPrefix, run.Token), run.Target.Store.ListAllAsync(ContentKeys.RefsPrefix, run.Token), run.Token),
        async key =>
        {
            // A ref that the source has and that counts for nothing there is on its way out: a later copy finds it gone.
            if (!key.InSource
                && ContentKeys.TryParseRefRepository(key.Key, out RepositoryName repository)
                && ContentKeys.TryParseRefOwner(key.Key, out RefOwner owner)
                && !(owner.Manifest is { } manifest && await CountsAsync(repository, manifest, owner.Id).ConfigureAwait(false)))
            {
                await run.Target.Store.DeleteAsync(key.Key, run.Token).ConfigureAwait(false);
            }
        });

    private ValueTask RemoveBlobsAsync() => run.ForEachAsync(
        run.Target.Store.ListAllAsync(ContentKeys.BlobsPrefix, run.Token),
        async key =>
        {
            if (!ContentKeys.TryParseBlob(key, out Digest digest)
                || await HasBlobAsync(key).ConfigureAwait(false)
                || (await run.Target.Store.ListAsync(ContentKeys.Refs(digest), null, 1, run.Token).ConfigureAwait(false)).Keys.Count > 0
                || (await run.ReadAsync(run.Target, key, () => Records.ReadAsync<BlobRecord>(key, run.Token)).ConfigureAwait(false)).Found is not { } there)
            {
                return;
            }

            if ((await Records.PutAsync(key, there.Record with { State = BlobState.Gone }, there, run.Token).ConfigureAwait(false)).Won)
            {
                if (there.Record.Data.Length > 0)
                {
                    await run.Target.Store.DeleteAsync(there.Record.Data, run.Token).ConfigureAwait(false);
                }

                await run.Target.Store.DeleteAsync(key, run.Token).ConfigureAwait(false);
                run.Count(static report => report with { Removed = report.Removed + 1 });
            }
        });

    // A manifest that is pending in the source is being pushed again, and one whose record cannot be read may be anything.
    private async ValueTask<bool> IsInSourceAsync(string key)
    {
        (bool isReadable, Versioned<ManifestRecord>? found) = await run.ReadAsync(run.Source, key, () => run.Source.Records.ReadAsync<ManifestRecord>(key, run.Token)).ConfigureAwait(false);
        return !isReadable || found is { Record.State: not ManifestState.Deleted };
    }

    private async ValueTask<bool> HasBlobAsync(string key)
    {
        (bool isReadable, Versioned<BlobRecord>? found) = await run.ReadAsync(run.Source, key, () => run.Source.Records.ReadAsync<BlobRecord>(key, run.Token)).ConfigureAwait(false);
        return !isReadable || found is { Record.State: not BlobState.Gone };
    }

    private async ValueTask<bool> IsNeededAsync(RepositoryName repository, Digest digest)
    {
        await foreach (string key in run.Target.Store.ListAllAsync(ContentKeys.Tagged(repository, digest), run.Token).ConfigureAwait(false))
        {
            if (await _markers.CountsAsync(repository, "tagged", key, run.Token).ConfigureAwait(false) is not false)
            {
                return true;
            }
        }

        await foreach (string key in run.Target.Store.ListAllAsync(ContentKeys.Refs(digest, repository), run.Token).ConfigureAwait(false))
        {
            if (ContentKeys.TryParseRefOwner(key, out RefOwner owner) && owner.Manifest is { } manifest && await CountsAsync(repository, manifest, owner.Id).ConfigureAwait(false))
            {
                return true;
            }
        }

        return false;
    }

    // What cannot be read may be anything.
    private async ValueTask<bool> CountsAsync(RepositoryName repository, Digest manifest, string generation)
    {
        string key = ContentKeys.Manifest(repository, manifest);
        (bool isReadable, Versioned<ManifestRecord>? found) = await run.ReadAsync(run.Target, key, () => Records.ReadAsync<ManifestRecord>(key, run.Token)).ConfigureAwait(false);
        return !isReadable || (found is { Record: { State: not ManifestState.Deleted } record } && record.Generation == generation);
    }
}
