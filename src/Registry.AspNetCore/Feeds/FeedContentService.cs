using Registry.Content;
using Registry.Content.Quotas;
using Registry.Feeds;
using Registry.Maintenance.Quotas;

namespace Registry.AspNetCore.Feeds;

/// <summary>Removes what a feed holds, by its settings of the moment.</summary>
internal sealed class FeedContentService(IFeedProvider provider, ContentRoots roots) : IFeedContentService
{
    public async ValueTask<int> RemoveAllAsync(string feed, CancellationToken cancellationToken)
    {
        (Feed settings, IReadOnlyList<Feed> feeds) = Find(feed);
        if (settings.Enabled)
        {
            throw new InvalidOperationException($"Disable {FeedRules.Describe(settings)} first, on every host: while it is emptied, nobody may push to it.");
        }

        if (feed.Length == 0 && feeds.Count > 1)
        {
            throw new InvalidOperationException("The default feed cannot be emptied while there are others: their repositories' names begin with what its own could.");
        }

        ContentRoot root = await roots.OpenAsync(settings.Store, cancellationToken).ConfigureAwait(false);

        // What has a quota now counts what is removed. A quota that was taken away for as long as it takes, and is set again before that was noticed, would go on from what it had counted. First, so that it does not matter where
        // the removal breaks off.
        await QuotaVerification.ForgetAsync(root, cancellationToken).ConfigureAwait(false);
        return await root.Eraser.EraseAllAsync(feed.Length == 0 ? "" : feed + "/", cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> RemoveRepositoryAsync(string feed, string repository, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(repository);
        (Feed settings, IReadOnlyList<Feed> feeds) = Find(feed);
        if (!new ActiveFeed(settings).TryResolve(repository, out FeedRepository found))
        {
            throw new ArgumentException($"'{repository}' is no repository's name.", nameof(repository));
        }

        if (feed.Length == 0 && feeds.FirstOrDefault(other => other.Name.Length > 0 && repository.StartsWith(other.Name + "/", StringComparison.Ordinal)) is { } owner)
        {
            throw new ArgumentException($"'{repository}' is in {FeedRules.Describe(owner)}, and not in the default feed.", nameof(repository));
        }

        ContentRoot root = await roots.OpenAsync(settings.Store, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<QuotaScope> counting = root.Quotas.Scopes.ScopesOf(found.FullName);
        foreach (string quota in (string[])[ContentKeys.FeedQuota(feed), ContentKeys.RepositoryQuota(found.FullName)])
        {
            // The same for one that was there once.
            if (counting.All(scope => scope.Key != quota) && await root.Store.GetAsync(quota, cancellationToken).ConfigureAwait(false) is not null)
            {
                await QuotaVerification.ForgetAsync(root, cancellationToken).ConfigureAwait(false);
            }
        }

        return await root.Eraser.EraseAsync(found.FullName, cancellationToken).ConfigureAwait(false);
    }

    private (Feed Settings, IReadOnlyList<Feed> All) Find(string feed)
    {
        ArgumentNullException.ThrowIfNull(feed);
        IReadOnlyList<Feed> feeds = provider.GetFeeds().Feeds;
        return (feeds.FirstOrDefault(known => known.Name == feed) ?? throw new InvalidOperationException($"There is no feed '{feed}'."), feeds);
    }
}
