using Registry.Maintenance.Collection;

namespace Registry.AspNetCore.Maintenance;

/// <summary>What hosts call.</summary>
internal sealed class RegistryMaintenance(CollectionJob collection) : IRegistryMaintenance
{
    public IReadOnlyList<CollectionReport> LastCollection => collection.Last;

    public Task<IReadOnlyList<CollectionReport>> CollectAsync(bool dryRun, CancellationToken cancellationToken) => collection.CollectAsync(dryRun, notSince: null, cancellationToken);
}
