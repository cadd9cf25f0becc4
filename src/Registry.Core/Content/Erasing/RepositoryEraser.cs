using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Registry.Content.Blobs;
using Registry.Content.Catalog;
using Registry.Content.Manifests;
using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Erasing;

/// <summary>
/// Removes repositories with all that they hold, by the steps with which clients delete: so it may stop after any of them and be begun again, and what other repositories hold too stays theirs.
/// </summary>
/// <remarks>A push that comes meanwhile may lose what it pushed. What was uploaded and never named by a manifest is held by its lease until that ends.</remarks>
internal sealed class RepositoryEraser(IObjectStore store, RecordStore records, ManifestStore manifests, TagStore tags, BlobStore blobs, RepositoryCatalog catalog)
{
    private const int PageSize = 100;

    /// <summary>Removes every repository whose name begins with a text.</summary>
    /// <param name="prefix">A feed's name and a slash.</param>
    /// <param name="cancellationToken">Ends the removal; what is left can be removed later.</param>
    /// <returns>How many repositories there were.</returns>
    /// <exception cref="InvalidDataException">A record in one of them cannot be read. The others are removed, and of that one what can be.</exception>
    public async ValueTask<int> EraseAllAsync(string prefix, CancellationToken cancellationToken)
    {
        int count = 0;
        string? after = null;
        ExceptionDispatchInfo? broken = null;
        NamePage page;
        do
        {
            page = await catalog.ListAsync(prefix, after, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (string name in page.Names)
            {
                after = name;
                try
                {
                    await EraseAsync(RepositoryName.Parse(name), cancellationToken).ConfigureAwait(false);
                    count++;
                }
                catch (InvalidDataException e)
                {
                    broken ??= ExceptionDispatchInfo.Capture(e);
                }
            }
        }
        while (page.HasMore);

        broken?.Throw();
        return count;
    }

    /// <summary>Removes one repository.</summary>
    /// <param name="repository">The repository, by its full name.</param>
    /// <param name="cancellationToken">Ends the removal; what is left can be removed later.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="InvalidDataException">A record in it cannot be read. Everything else is removed, and the repository stays listed.</exception>
    public async ValueTask<bool> EraseAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        // Pushes of hosts that remember a repository which another has just removed do not list it again.
        bool found = await store.GetAsync(ContentKeys.Catalog(repository), cancellationToken).ConfigureAwait(false) is not null;
        var broken = new List<Exception>();
        await EraseTagsAsync(repository, broken, cancellationToken).ConfigureAwait(false);
        var named = new HashSet<Digest>();
        await foreach (StoredManifest manifest in ListManifestsAsync(repository, broken, cancellationToken).ConfigureAwait(false))
        {
            found = true;
            named.UnionWith(ManifestRelease.NamedBy(manifest.Content, manifest.MediaType));
            await manifests.DeleteAsync(repository, manifest.Digest, cancellationToken).ConfigureAwait(false);
        }

        // The leases of what was just named: the repository is to show nothing any more, should there be one of its name again.
        foreach (Digest digest in named)
        {
            try
            {
                await blobs.DeleteAsync(repository, digest, cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryException)
            {
                continue; // A push that came meanwhile names it.
            }
            catch (InvalidDataException)
            {
                continue; // What cannot be read may name it, or be its own record. Its lease ends by itself.
            }
        }

        // A later repository of this name has pulls of its own. Counts that another host may still write are no more than space.
        await foreach (string key in store.ListAllAsync(ContentKeys.Usage(repository), cancellationToken).ConfigureAwait(false))
        {
            await store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }

        if (broken.Count > 0)
        {
            throw new InvalidDataException($"Of the repository '{repository}' {broken.Count} records cannot be read. Remove those objects and then the repository again. {broken[0].Message}", broken[0]);
        }

        // Last, since it is what a second run finds the repository by.
        await catalog.RemoveAsync(repository, cancellationToken).ConfigureAwait(false);
        if (await ListManifestsAsync(repository, broken, cancellationToken).AnyAsync(cancellationToken).ConfigureAwait(false))
        {
            // Somebody pushed meanwhile.
            await catalog.AddAsync(repository, cancellationToken).ConfigureAwait(false);
        }

        return found;
    }

    private async IAsyncEnumerable<StoredManifest> ListManifestsAsync(RepositoryName repository, List<Exception> broken, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string key in store.ListAllAsync(ContentKeys.Manifests(repository), cancellationToken).ConfigureAwait(false))
        {
            if (!ContentKeys.TryParseManifest(key, out Digest digest))
            {
                continue;
            }

            // Not what pulls remember of it: another host may have deleted it.
            Versioned<ManifestRecord>? manifest = null;
            try
            {
                manifest = await records.ReadAsync<ManifestRecord>(key, cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidDataException e)
            {
                broken.Add(e);
            }

            if (manifest is { Record: { State: ManifestState.Live } record })
            {
                yield return new StoredManifest(digest, record.MediaType, record.Content);
            }
        }
    }

    private async ValueTask EraseTagsAsync(RepositoryName repository, List<Exception> broken, CancellationToken cancellationToken)
    {
        // Those too that were deleted before: their history is nothing that a later repository of this name should have.
        string prefix = ContentKeys.Tags(repository);
        await foreach (string key in store.ListAllAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (!Tag.TryParse(key.AsSpan(prefix.Length), out Tag tag))
            {
                continue;
            }

            try
            {
                await tags.EraseAsync(repository, tag, cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidDataException e)
            {
                broken.Add(e);
            }
        }
    }
}
