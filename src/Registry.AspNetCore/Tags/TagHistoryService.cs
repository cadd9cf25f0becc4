using Registry.Content;
using Registry.Content.Tags;
using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Tags;

/// <summary>Reads histories from the tags' records, by the feeds of the moment.</summary>
internal sealed class TagHistoryService(FeedDirectory feeds, ContentRoots roots) : ITagHistoryService
{
    public async ValueTask<IReadOnlyList<TagHistoryEntry>> GetAsync(string feed, RepositoryName repository, Tag tag, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(feed);
        FeedTable table = feeds.Current;
        ActiveFeed active = table.FindByName(feed) ?? throw new InvalidOperationException($"There is no feed '{feed}', or it is disabled.");

        // A name in the default feed that begins with another feed's is one of that feed's.
        if (!active.TryResolve(repository.Value, out FeedRepository target) || table.OwnerOf(target.FullName).Feed != active)
        {
            return [];
        }

        ContentRoot root = await roots.OpenAsync(active.Settings.Store, cancellationToken).ConfigureAwait(false);
        return await root.Tags.ReadHistoryAsync(target.FullName, tag, cancellationToken).ConfigureAwait(false);
    }
}
