using Registry.Maintenance.Collection;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Keeps a registry small and whole when the host's code asks for it, beside the schedule. A service of the registry, keyed by its name.</summary>
public interface IRegistryMaintenance
{
    /// <summary>
    /// Collects what nothing needs, in every store of the registry's feeds. In the same process one run goes on at a time: this one waits for the one before. Parts of the scan that other hosts are at are left to them.
    /// </summary>
    /// <param name="dryRun">Whether to change nothing and say what would go.</param>
    /// <param name="cancellationToken">Ends the run; the next one goes on where it stopped.</param>
    /// <returns>A report for each store.</returns>
    Task<IReadOnlyList<CollectionReport>> CollectAsync(bool dryRun, CancellationToken cancellationToken);

    /// <summary>What the last collection of this host came to, for each store; empty before the first.</summary>
    IReadOnlyList<CollectionReport> LastCollection { get; }
}
