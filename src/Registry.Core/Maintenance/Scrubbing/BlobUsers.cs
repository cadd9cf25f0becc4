using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Who is hit when a blob is not there: some of the repositories that hold it, and some of the manifests that name it.</summary>
/// <param name="Holders">The repositories.</param>
/// <param name="Manifests">The manifests, as <c>repository@digest</c>.</param>
internal sealed record BlobUsers(IReadOnlyList<RepositoryName> Holders, IReadOnlyList<string> Manifests)
{
    private const int MaxNamed = 10;

    // Of content that thousands of manifests name, a look at the first ones tells enough.
    private const int MaxLookedAt = 1000;

    public static async ValueTask<BlobUsers> FindAsync(ContentRoot root, Digest digest, CancellationToken cancellationToken)
    {
        var holders = new List<RepositoryName>();
        var manifests = new List<string>();
        KeyPage page = await root.Store.ListAsync(ContentKeys.Refs(digest), null, MaxLookedAt, cancellationToken).ConfigureAwait(false);
        foreach (string key in page.Keys)
        {
            if (!ContentKeys.TryParseRefRepository(key, out RepositoryName repository) || !ContentKeys.TryParseRefOwner(key, out RefOwner owner))
            {
                continue;
            }

            if (owner.Manifest is { } manifest)
            {
                if (manifests.Count == MaxNamed || !await CountsAsync(root, repository, manifest, owner.Id, cancellationToken).ConfigureAwait(false))
                {
                    continue;
                }

                manifests.Add($"{repository}@{manifest}");
            }

            if (holders.Count < MaxNamed && !holders.Contains(repository))
            {
                holders.Add(repository);
            }
        }

        return new BlobUsers(holders, manifests);
    }

    private static async ValueTask<bool> CountsAsync(ContentRoot root, RepositoryName repository, Digest manifest, string generation, CancellationToken cancellationToken)
    {
        try
        {
            Versioned<ManifestRecord>? found = await root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, manifest), cancellationToken).ConfigureAwait(false);
            return found is { Record: { State: not ManifestState.Deleted } record } && record.Generation == generation;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return true; // What cannot be read may be anything. A store that is away cannot be asked for more either.
        }
    }
}
