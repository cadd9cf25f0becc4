using System.Collections.Concurrent;
using Registry.Content;
using Registry.Storage;

namespace Registry.Feeds;

/// <summary>The content roots of a registry's stores, one for each: feeds with the same store share it, and their bytes.</summary>
/// <param name="find">Finds a store by its name; <see langword="null"/> where there is none.</param>
/// <param name="options">How content is kept, in all of them.</param>
/// <param name="time">The clock.</param>
/// <param name="feeds">Gives the feeds, whose quotas hold over what is stored.</param>
internal sealed class ContentRoots(Func<string, IObjectStore?> find, ContentOptions options, TimeProvider time, Func<FeedTable> feeds) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<ContentRoot?>> _roots = new(StringComparer.Ordinal);

    /// <summary>The content root of a store, or <see langword="null"/> where there is no store of this name.</summary>
    public ContentRoot? Find(string store)
    {
        Lazy<ContentRoot?> root = _roots.GetOrAdd(store, static (name, roots) => new Lazy<ContentRoot?>(() => roots.Create(name)), this);
        ContentRoot? found = null;
        try
        {
            found = root.Value;
            return found;
        }
        finally
        {
            if (found is null)
            {
                // It may come to be there while the registry runs, and what the host threw may not be so the next time.
                _roots.TryRemove(KeyValuePair.Create(store, root));
            }
        }
    }

    /// <summary>The content root of a store.</summary>
    /// <exception cref="InvalidOperationException">There is no store of this name.</exception>
    public ContentRoot Get(string store) => Find(store) ?? throw new InvalidOperationException($"There is no store '{store}'.");

    /// <summary>The content root of a store, which is one that this registry can use.</summary>
    /// <exception cref="InvalidOperationException">There is no store of this name, or it cannot be used.</exception>
    public async ValueTask<ContentRoot> OpenAsync(string store, CancellationToken cancellationToken)
    {
        ContentRoot root = Get(store);
        await root.EnsureUsableAsync(cancellationToken).ConfigureAwait(false);
        return root;
    }

    public void Dispose()
    {
        foreach (Lazy<ContentRoot?> root in _roots.Values)
        {
            if (root.IsValueCreated)
            {
                root.Value?.Dispose();
            }
        }
    }

    private ContentRoot? Create(string store) => find(store) is { } found ? new ContentRoot(found, options, time, quotas: new FeedQuotas(feeds, store)) : null;
}
