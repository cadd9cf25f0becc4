using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Retention;
using Registry.Maintenance.Scrubbing;

namespace Registry.AspNetCore.Maintenance;

/// <summary>What hosts call.</summary>
internal sealed class RegistryMaintenance(CollectionJob collection, RetentionJob retention, ScrubJob scrub, MaintenanceOptions options) : IRegistryMaintenance
{
    public IReadOnlyList<CollectionReport> LastCollection => collection.Last;

    public IReadOnlyList<RetentionReport> LastRetention => retention.Last;

    public Task<IReadOnlyList<CollectionReport>> CollectAsync(bool dryRun, CancellationToken cancellationToken) => CollectAsync(dryRun, onItem: null, cancellationToken);

    public Task<IReadOnlyList<CollectionReport>> CollectAsync(bool dryRun, Func<CollectionItem, CancellationToken, ValueTask>? onItem, CancellationToken cancellationToken) =>
        collection.CollectAsync(dryRun, notSince: null, onItem, cancellationToken);

    public Task<IReadOnlyList<CollectionProgress>> ReadCollectionProgressAsync(CancellationToken cancellationToken) => collection.ReadProgressAsync(cancellationToken);

    public Task<IReadOnlyList<RetentionReport>> ApplyRetentionAsync(string? feed, Func<RetentionItem, CancellationToken, ValueTask>? onItem, CancellationToken cancellationToken) =>
        retention.ApplyAsync(feed, notSince: null, onItem, cancellationToken);

    public Task<IReadOnlyList<RetentionReport>> TryRetentionAsync(
        string? feed, IReadOnlyList<RetentionRule>? rules, Func<RetentionItem, CancellationToken, ValueTask>? onItem, CancellationToken cancellationToken) => retention.TryAsync(feed, rules, onItem, cancellationToken);

    public Task<IReadOnlyList<ScrubReport>> ScrubAsync(bool dryRun, CancellationToken cancellationToken) =>
        scrub.ScrubAsync(dryRun ? options.Scrub.ToDryRun() : options.Scrub, notSince: null, cancellationToken);

    public Task<IReadOnlyList<ScrubReport>> ReadScrubReportsAsync(CancellationToken cancellationToken) => scrub.ReadReportsAsync(cancellationToken);
}
