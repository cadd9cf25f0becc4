using Registry.Content;
using Registry.Feeds;

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
        return await root.Eraser.EraseAsync(found.FullName, cancellationToken).ConfigureAwait(false);
    }

    private (Feed Settings, IReadOnlyList<Feed> All) Find(string feed)
    {
        ArgumentNullException.ThrowIfNull(feed);
        IReadOnlyList<Feed> feeds = provider.GetFeeds().Feeds;
        return (feeds.FirstOrDefault(known => known.Name == feed) ?? throw new InvalidOperationException($"There is no feed '{feed}'."), feeds);
    }
}
