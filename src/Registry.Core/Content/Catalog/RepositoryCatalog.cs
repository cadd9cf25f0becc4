using System.Collections.Concurrent;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Catalog;

/// <summary>Which repositories exist.</summary>
internal sealed class RepositoryCatalog(IObjectStore store, TimeProvider time)
{
    // A repository seen lately is not looked up again. Bounded, and short, so that another node's removal is noticed.
    private const int MaxRemembered = 10_000;
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<RepositoryName, DateTimeOffset> _seen = new();

    /// <summary>Makes sure that a repository exists.</summary>
    public async ValueTask AddAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        if (await ExistsAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        await store.PutAsync(ContentKeys.Catalog(repository), ReadOnlyMemory<byte>.Empty, PutCondition.IfAbsent, cancellationToken).ConfigureAwait(false);
        Remember(repository);
    }

    /// <summary>Whether a repository exists.</summary>
    public async ValueTask<bool> ExistsAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        if (_seen.TryGetValue(repository, out DateTimeOffset seen) && time.GetUtcNow() - seen < Remembered)
        {
            return true;
        }

        bool exists = await store.GetAsync(ContentKeys.Catalog(repository), cancellationToken).ConfigureAwait(false) is not null;
        if (exists)
        {
            Remember(repository);
        }

        return exists;
    }

    /// <summary>Lists repositories in the order of their names.</summary>
    /// <param name="after">Only names after this text, which need not be one; <see langword="null"/> starts at the front.</param>
    /// <param name="limit">The most names wanted, from 1 on.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async ValueTask<NamePage> ListAsync(string? after, int limit, CancellationToken cancellationToken)
    {
        var names = new List<string>(Math.Min(limit, ObjectStoreLimits.MaxPageKeys));
        string? start = after is null ? null : ContentKeys.AfterCatalog(ListingPosition.AmongRepositories(after));
        while (true)
        {
            KeyPage page = await store.ListAsync(
                ContentKeys.CatalogPrefix, start, Math.Min(limit - names.Count, ObjectStoreLimits.MaxPageKeys), cancellationToken).ConfigureAwait(false);
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

    private void Remember(RepositoryName repository)
    {
        if (_seen.Count >= MaxRemembered)
        {
            _seen.Clear();
        }

        _seen[repository] = time.GetUtcNow();
    }
}
