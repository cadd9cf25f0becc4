using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Collection;

/// <summary>
/// Ends manifests of a repository that nothing has needed for long. Before it does, it looks at every tag of the repository: the way back from a manifest to its tags, which the looks before relied on, is not written in
/// one step with the tag, and who stopped between the two may have left a tag without it.
/// </summary>
internal sealed class ManifestEnder(CollectionRun run)
{
    /// <summary>Ends manifests.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="ripe">The manifests and the nonces that their records had when they were found unneeded: whoever came to need one since has changed its record.</param>
    /// <param name="ended">Gets those that were ended, also where a fault ends the work.</param>
    /// <param name="cancellationToken">Ends the work; what is left is found again.</param>
    public async ValueTask EndAsync(RepositoryName repository, IReadOnlyDictionary<Digest, string> ripe, HashSet<Digest> ended, CancellationToken cancellationToken)
    {
        if (ripe.Count == 0)
        {
            return;
        }

        HashSet<Digest> unneeded = await FindUntaggedAsync(repository, [.. ripe.Keys], cancellationToken).ConfigureAwait(false);
        await run.ForEachAsync(
            unneeded,
            async (digest, token) =>
            {
                if (run.DryRun || await TryEndAsync(repository, digest, ripe[digest], token).ConfigureAwait(false))
                {
                    lock (ended)
                    {
                        ended.Add(digest);
                    }

                    Forget(repository, digest);
                    await run.TellAsync(CollectionItemKind.Manifest, CollectionStep.Removed, repository, digest.Value, bytes: 0, token).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        run.Count(new CollectionCounts { ManifestsRemoved = ended.Count });
    }

    private async ValueTask<bool> TryEndAsync(RepositoryName repository, Digest digest, string nonce, CancellationToken cancellationToken)
    {
        await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
        return await run.Root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken).ConfigureAwait(false) is { } found
            && (found.Record.Nonce == nonce || !Guards.Holds(Guard.UnneededSince))
            && await run.Root.Manifests.EndAsync(repository, digest, found, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<HashSet<Digest>> FindUntaggedAsync(RepositoryName repository, HashSet<Digest> digests, CancellationToken cancellationToken)
    {
        var tagged = new HashSet<Digest>();
        string? last = null;
        KeyPage page;
        do
        {
            page = await run.ListAsync(ContentKeys.Tags(repository), last, cancellationToken).ConfigureAwait(false);
            await run.PaceAsync(page.Keys.Count, cancellationToken).ConfigureAwait(false);
            await StoreConcurrency.ForEachAsync(
                page.Keys,
                run.Options.Concurrency,
                async (key, token) =>
                {
                    // One that cannot be read may point anywhere: the exception ends the work.
                    if (await run.Root.Records.ReadAsync<TagRecord>(key, token).ConfigureAwait(false) is { Record.Digest: not null } found)
                    {
                        Digest digest = found.Record.ReadDigest();
                        lock (tagged)
                        {
                            tagged.Add(digest);
                        }
                    }
                },
                cancellationToken).ConfigureAwait(false);
            digests.ExceptWith(tagged);
            tagged.Clear();
            last = page.Keys.Count > 0 ? page.Keys[^1] : last;
        }
        while (page.HasMore && digests.Count > 0);

        return digests;
    }

    // What it holds is let go of, in a dry run too.
    private void Forget(RepositoryName repository, Digest digest)
    {
        if (OwnedKey.TryParseManifest(ContentKeys.Manifest(repository, digest), out ulong key))
        {
            run.Generations.Set(key, CollectionRun.WouldEnd);
        }
    }
}
