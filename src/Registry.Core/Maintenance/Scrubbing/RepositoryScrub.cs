using Registry.Content;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Walks what repositories have, in the order of keys: manifests, the markers of referrers and tags, tags. What other features keep there it jumps over.</summary>
internal sealed class RepositoryScrub(ContentRoot root, IScrubSource? source)
{
    private const int PageKeys = 200;

    private readonly TagScrub _tags = new(root);
    private readonly MarkerScrub _markers = new(root);
    private RepositoryName _catalogued;

    public async ValueTask RunAsync(ScrubRun run)
    {
        var manifests = new ManifestScrub(root, new BlobMender(root, source, run.Pace));
        string? after = run.After;
        KeyPage page;
        do
        {
            page = await root.Store.ListAsync(ContentKeys.RepositoriesPrefix, after, PageKeys, run.Token).ConfigureAwait(false);
            foreach (string key in page.Keys)
            {
                bool known = true;
                await run.TryAsync(key, async () => known = await CheckAsync(run, manifests, key).ConfigureAwait(false)).ConfigureAwait(false);
                after = known ? key : ContentKeys.AfterSection(key);
                await run.PassAsync(after).ConfigureAwait(false);
                if (!known && string.CompareOrdinal(after, page.Keys[^1]) < 0)
                {
                    page = page with { HasMore = true };
                    break;
                }
            }
        }
        while (page.HasMore);
    }

    /// <returns>Whether the key is in a section that is looked at here.</returns>
    private async ValueTask<bool> CheckAsync(ScrubRun run, ManifestScrub manifests, string key)
    {
        if (!ContentKeys.TryParseRepository(key, out RepositoryName repository, out string section))
        {
            run.Add(new ScrubFinding(ScrubFindingKind.UnknownObject, ScrubAction.Reported, key, "This is no key of a repository."));
            return true;
        }

        switch (section)
        {
            case "manifests" when ContentKeys.TryParseManifest(key, out Digest digest) && ContentKeys.Manifest(repository, digest) == key:
                if (await manifests.CheckAsync(run, repository, digest).ConfigureAwait(false))
                {
                    await EnsureCataloguedAsync(run, repository).ConfigureAwait(false);
                }

                return true;
            case "tags" when Tag.TryParse(key.AsSpan(key.LastIndexOf('/') + 1), out Tag tag) && ContentKeys.Tag(repository, tag) == key:
                if (await _tags.CheckAsync(run, repository, tag).ConfigureAwait(false))
                {
                    await EnsureCataloguedAsync(run, repository).ConfigureAwait(false);
                }

                return true;
            case "manifests" or "tags":
                run.Add(new ScrubFinding(ScrubFindingKind.UnknownObject, ScrubAction.Reported, key, "This is no key of a manifest or a tag.") { Repository = repository.Value });
                return true;
            case "tag-names" or "tagged" or "referrers":
                await _markers.CheckAsync(run, repository, section, key).ConfigureAwait(false);
                return true;
            default:
                return false;
        }
    }

    private async ValueTask EnsureCataloguedAsync(ScrubRun run, RepositoryName repository)
    {
        if (_catalogued == repository)
        {
            return;
        }

        _catalogued = repository;
        if (await root.Catalog.ExistsAsync(repository, run.Token).ConfigureAwait(false))
        {
            return;
        }

        if (run.Mends)
        {
            await root.Catalog.AddAsync(repository, run.Token).ConfigureAwait(false);
        }

        run.Add(new ScrubFinding(
            ScrubFindingKind.CatalogMissing, run.Mends ? ScrubAction.Mended : ScrubAction.Reported, ContentKeys.Catalog(repository), "The repository has content and was not listed.") { Repository = repository.Value });
    }
}
