using Registry.Feeds;
using Registry.Model;

namespace Registry.Maintenance.Collection;

/// <summary>What feeds say of manifests that nothing needs, as they say it now. What belongs to no feed that answers is left as it is.</summary>
internal sealed class FeedPolicy(FeedDirectory feeds) : ICollectionPolicy
{
    public TimeSpan? KeepUntagged(RepositoryName repository) => OwnerOf(repository)?.KeepUntagged;

    public TimeSpan? KeepOrphanedReferrers(RepositoryName repository) => OwnerOf(repository)?.KeepOrphanedReferrers;

    // Rules of retention mark what they name by more than the collector looks at.
    public bool LeavesMarks(RepositoryName repository) => OwnerOf(repository)?.Retention.Any(static rule => rule.Untagged) == true;

    private Feed? OwnerOf(RepositoryName repository) => feeds.Current.OwnerOf(repository).Feed?.Settings;
}
