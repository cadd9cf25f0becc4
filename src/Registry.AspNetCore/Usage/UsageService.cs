using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Usage;
using Registry.Model;

namespace Registry.AspNetCore.Usage;

/// <summary>Reads what is known of pulls.</summary>
internal sealed class UsageService(IFeedProvider provider, ContentRoots roots, UsageWriter writer) : IUsageService
{
    public ValueTask<PullUsage> GetManifestAsync(string feed, RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        GetAsync(feed, repository, (store, fullName) => store.FindAsync(fullName, digest.Value, cancellationToken), cancellationToken);

    public ValueTask<PullUsage> GetTagAsync(string feed, RepositoryName repository, Tag tag, CancellationToken cancellationToken) =>
        GetAsync(feed, repository, (store, fullName) => store.FindAsync(fullName, tag.Value, cancellationToken), cancellationToken);

    public ValueTask<PullUsage> GetRepositoryAsync(string feed, RepositoryName repository, CancellationToken cancellationToken) =>
        GetAsync(feed, repository, (store, fullName) => store.SumAsync(fullName, cancellationToken), cancellationToken);

    private async ValueTask<PullUsage> GetAsync(
        string feed, RepositoryName repository, Func<UsageStore, RepositoryName, ValueTask<PullCount?>> find, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(feed);
        Feed settings = provider.GetFeeds().Feeds.FirstOrDefault(known => known.Name == feed) ?? throw new InvalidOperationException($"There is no feed '{feed}'.");
        ContentRoot root = await roots.OpenAsync(settings.Store, cancellationToken).ConfigureAwait(false);
        UsageStore store = writer.StoreOf(root);
        DateTimeOffset? since = await store.ReadSinceAsync(cancellationToken).ConfigureAwait(false);

        // A name that is too long to be a repository's with the feed's in front is none that was ever pulled.
        return RepositoryName.TryParse(feed.Length == 0 ? repository.Value : $"{feed}/{repository}", out RepositoryName fullName)
            && await find(store, fullName).ConfigureAwait(false) is { } count
                ? new PullUsage(count.Pulls, DateTimeOffset.FromUnixTimeSeconds(count.Last), since)
                : new PullUsage(0, null, since);
    }
}
