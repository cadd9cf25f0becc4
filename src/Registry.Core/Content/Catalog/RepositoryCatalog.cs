using Registry.Content.Caching;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Catalog;

/// <summary>Which repositories exist.</summary>
internal sealed class RepositoryCatalog(IObjectStore store, TimeProvider time)
{
    // A repository seen lately is not looked up again; not for long, so that another node's removal is noticed.
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(30);

    private readonly FactCache<RepositoryName, bool> _seen = new(Remembered, time);

    /// <summary>Makes sure that a repository exists.</summary>
    public async ValueTask AddAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        if (await ExistsAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        FactCache<RepositoryName, bool>.Look look = _seen.Begin(repository);
        await store.PutMarkerAsync(ContentKeys.Catalog(repository), cancellationToken).ConfigureAwait(false);
        look.Remember(true);
    }

    /// <summary>Whether a repository exists.</summary>
    public async ValueTask<bool> ExistsAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        FactCache<RepositoryName, bool>.Look look = _seen.Begin(repository);
        if (_seen.TryGetFresh(repository, out _))
        {
            return true;
        }

        bool exists = await store.GetAsync(ContentKeys.Catalog(repository), cancellationToken).ConfigureAwait(false) is not null;
        if (exists)
        {
            look.Remember(true);
        }

        return exists;
    }

    /// <summary>Takes a repository out, which nobody pushes to any more.</summary>
    public async ValueTask RemoveAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        try
        {
            await store.DeleteAsync(ContentKeys.Catalog(repository), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _seen.Forget(repository);
        }
    }

    /// <summary>Lists repositories in the order of their names.</summary>
    /// <param name="prefix">What their names begin with: a feed's name and a slash, or nothing.</param>
    /// <param name="after">Only names after this text, which need not be one; <see langword="null"/> starts at the front.</param>
    /// <param name="limit">The most names wanted, from 1 on.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async ValueTask<NamePage> ListAsync(string prefix, string? after, int limit, CancellationToken cancellationToken)
    {
        string keys = ContentKeys.CatalogPrefixOf(prefix);
        var names = new List<string>(Math.Min(limit, ObjectStoreLimits.MaxPageKeys));
        string? start = after is null ? null : ContentKeys.AfterCatalog(ListingPosition.AmongRepositories(after));
        while (true)
        {
            KeyPage page = await store.ListAsync(
                keys, start, Math.Min(limit - names.Count, ObjectStoreLimits.MaxPageKeys), cancellationToken).ConfigureAwait(false);
            foreach (string key in page.Keys)
            {
                start = key;
                if (ContentKeys.TryParseCatalog(key, out RepositoryName name))
                {
                    names.Add(name.Value);
                }
            }

            if (!page.HasMore || names.Count >= limit)
            {
                return new NamePage(names, page.HasMore);
            }
        }
    }
}
