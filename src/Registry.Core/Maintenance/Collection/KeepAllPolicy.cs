using Registry.Model;

namespace Registry.Maintenance.Collection;

/// <summary>Every manifest that can be pulled stays.</summary>
internal sealed class KeepAllPolicy : ICollectionPolicy
{
    public TimeSpan? KeepUntagged(RepositoryName repository) => null;

    public TimeSpan? KeepOrphanedReferrers(RepositoryName repository) => null;
}
