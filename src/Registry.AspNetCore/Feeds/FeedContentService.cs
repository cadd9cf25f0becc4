using Registry.Content;
using Registry.Feeds;

namespace Registry.AspNetCore.Feeds;

/// <summary>Removes what a feed holds, by its settings of the moment.</summary>
internal sealed class FeedContentService(IFeedProvider provider, ContentRoots roots) : IFeedContentService
{
    public async ValueTask<int> RemoveAllAsync(string feed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(feed);
        IReadOnlyList<Feed> feeds = provider.GetFeeds().Feeds;
        Feed settings = feeds.FirstOrDefault(known => known.Name == feed) ?? throw new InvalidOperationException($"There is no feed '{feed}'.");
        if (settings.Enabled)
        {
            throw new InvalidOperationException($"Disable {FeedRules.Describe(settings)} first, on every host: while it is emptied, nobody may push to it.");
        }

        if (feed.Length == 0 && feeds.Count > 1)
        {
            throw new InvalidOperationException("The default feed cannot be emptied while there are others: their repositories' names begin with what its own could.");
        }

        ContentRoot root = roots.Find(settings.Store) ?? throw new InvalidOperationException($"There is no store '{settings.Store}'.");
        await root.EnsureUsableAsync(cancellationToken).ConfigureAwait(false);
        return await root.Eraser.EraseAllAsync(feed.Length == 0 ? "" : feed + "/", cancellationToken).ConfigureAwait(false);
    }
}
