using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Collection;

/// <summary>
/// Looks at everything that is kept of repositories, in the order of the keys: of each the manifests, then the indexes of referrers and tags, then tags.
/// </summary>
internal sealed class RepositoryScan(CollectionRun run, OwnerJudge judge, ManifestCollector manifests, ManifestEnder ender, TagSweeper tags)
{
    /// <summary>Goes through all repositories.</summary>
    /// <param name="position">Where an earlier run stopped: a key.</param>
    /// <param name="progress">Told how far this one is; says whether to go on.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    /// <returns>Whether it came to the end.</returns>
    public async ValueTask<bool> RunAsync(string position, Func<string, ValueTask<bool>> progress, CancellationToken cancellationToken)
    {
        string? last = position.Length == 0 ? null : position;
        KeyPage page;
        do
        {
            page = await run.ListAsync(ContentKeys.RepositoriesPrefix, last, cancellationToken).ConfigureAwait(false);
            for (int start = 0; start < page.Keys.Count;)
            {
                int end = EndOfSection(page.Keys, start);
                await ScanAsync([.. page.Keys.Skip(start).Take(end - start)], cancellationToken).ConfigureAwait(false);
                start = end;
            }

            if (page.Keys.Count > 0)
            {
                last = page.Keys[^1];
                if (!await progress(last).ConfigureAwait(false))
                {
                    return false;
                }
            }
        }
        while (page.HasMore);

        return true;
    }

    // repos/{repo}/{section}/…
    private ValueTask ScanAsync(List<string> keys, CancellationToken cancellationToken)
    {
        string[] parts = keys[0].Split('/', 4);
        if (parts.Length < 4 || !ContentKeys.TryParseRepository(parts[1], out RepositoryName repository))
        {
            return default;
        }

        return parts[2] switch
        {
            "manifests" => ScanManifestsAsync(repository, keys, cancellationToken),
            "referrers" => ScanReferrersAsync(keys, cancellationToken),
            "tag-names" => tags.ScanNamesAsync(repository, keys, cancellationToken),
            "tagged" => tags.ScanWaysAsync(repository, keys, cancellationToken),
            "tags" => tags.ScanTagsAsync(repository, keys, cancellationToken),
            _ => default,
        };
    }

    private async ValueTask ScanManifestsAsync(RepositoryName repository, List<string> keys, CancellationToken cancellationToken)
    {
        var ripe = new Dictionary<Digest, string>();
        Digest? kept = null;
        await run.ForEachAsync(
            keys,
            async (key, token) =>
            {
                if (!ContentKeys.TryParseManifest(key, out Digest digest))
                {
                    return;
                }

                ManifestLook look = await manifests.ExamineAsync(repository, digest, token).ConfigureAwait(false);
                lock (ripe)
                {
                    if (look.Fate == ManifestFate.Ripe)
                    {
                        ripe[digest] = look.Nonce;
                    }

                    kept = look.Fate == ManifestFate.Kept ? digest : kept;
                }
            },
            cancellationToken).ConfigureAwait(false);
        if (kept is { } found)
        {
            await run.TryAsync(token => EnsureListedAsync(repository, found, token), cancellationToken).ConfigureAwait(false);
        }

        await run.TryAsync(token => ender.EndAsync(repository, ripe, [], token), cancellationToken).ConfigureAwait(false);
        run.Count(new CollectionCounts { Manifests = keys.Count });
    }

    private async ValueTask ScanReferrersAsync(List<string> keys, CancellationToken cancellationToken)
    {
        OwnerVerdict[] verdicts = await judge.JudgeAsync(keys, exactly: false, cancellationToken).ConfigureAwait(false);
        string[] ended = [.. keys.Where((_, i) => verdicts[i] == OwnerVerdict.Ended)];
        await run.ForEachAsync(ended, tags.RemoveMarkerAsync, cancellationToken).ConfigureAwait(false);
    }

    // A push of a host that remembered a repository which another host had just removed did not list it again.
    private async ValueTask EnsureListedAsync(RepositoryName repository, Digest manifest, CancellationToken cancellationToken)
    {
        await run.PaceAsync(1, cancellationToken).ConfigureAwait(false);
        string marker = ContentKeys.Catalog(repository);
        if (run.DryRun || await run.Root.Store.GetAsync(marker, cancellationToken).ConfigureAwait(false) is not null)
        {
            return;
        }

        await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
        await run.Root.Store.PutMarkerAsync(marker, cancellationToken).ConfigureAwait(false);
        if (await run.Root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, manifest), cancellationToken).ConfigureAwait(false) is not { Record.State: ManifestState.Live })
        {
            // It is being removed at this moment. Should it have others that stay, the next scan lists it.
            await run.Root.Catalog.RemoveAsync(repository, cancellationToken).ConfigureAwait(false);
            return;
        }

        run.Count(new CollectionCounts { MarkersMended = 1 });
    }

    private static int EndOfSection(IReadOnlyList<string> keys, int start)
    {
        ReadOnlySpan<char> section = SectionOf(keys[start]);
        int end = start + 1;
        while (end < keys.Count && keys[end].AsSpan().StartsWith(section))
        {
            end++;
        }

        return end;
    }

    private static ReadOnlySpan<char> SectionOf(string key)
    {
        int repository = key.IndexOf('/', ContentKeys.RepositoriesPrefix.Length);
        int section = repository < 0 ? -1 : key.IndexOf('/', repository + 1);
        return section < 0 ? key : key.AsSpan(0, section + 1);
    }
}
