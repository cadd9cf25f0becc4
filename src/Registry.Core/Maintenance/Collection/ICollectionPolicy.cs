using Registry.Model;

namespace Registry.Maintenance.Collection;

/// <summary>What may be collected of manifests that can be pulled; everything else that the collector takes is of no use to anybody.</summary>
internal interface ICollectionPolicy
{
    /// <summary>How long a manifest that no tag points at, and nothing else holds, is kept after it was first seen so; <see langword="null"/> keeps it.</summary>
    TimeSpan? KeepUntagged(RepositoryName repository);

    /// <summary>The same of a manifest that refers to a subject which is not there.</summary>
    TimeSpan? KeepOrphanedReferrers(RepositoryName repository);

    /// <summary>Whether somebody else than the collector marks manifests as unneeded, and ends them. The collector takes such a mark away only where something needs the manifest.</summary>
    bool LeavesMarks(RepositoryName repository) => false;
}
