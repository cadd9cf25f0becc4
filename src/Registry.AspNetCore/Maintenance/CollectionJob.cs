using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Collects in every store of a registry's feeds, one after the other.</summary>
internal sealed class CollectionJob(FeedDirectory feeds, ContentRoots roots, MaintenanceOptions options, RegistryMetrics metrics, ILogger logger) : IMaintenanceJob, IDisposable
{
    private readonly ConcurrentDictionary<ContentRoot, Collector> _collectors = new();
    private readonly FeedPolicy _policy = new(feeds);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _workingOff = new(1, 1);
    private readonly SemaphoreSlim _telling = new(1, 1);
    private readonly Turns _scans = new();

    public string Name => "collection";

    public JobSchedule Schedule => options.CollectionSchedule;

    public IReadOnlyList<CollectionReport> Last { get; private set; } = [];

    public async ValueTask<bool> RunAsync(DateTimeOffset notSince, CancellationToken cancellationToken) =>
        (await CollectAsync(dryRun: false, notSince, onItem: null, cancellationToken).ConfigureAwait(false)).All(static report => report.Complete);

    public async Task<IReadOnlyList<CollectionReport>> CollectAsync(
        bool dryRun, DateTimeOffset? notSince, Func<CollectionItem, CancellationToken, ValueTask>? onItem, CancellationToken cancellationToken)
    {
        var reports = new List<CollectionReport>();
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await StoreRounds.RunAsync(
                dryRun ? new Turns() : _scans,
                feeds,
                roots,
                async (store, root) =>
                {
                    // What a scan did that was stopped, or failed, is told of too.
                    await CollectorOf(root).ScanAsync(dryRun, notSince, onItem is null ? null : TellOneAsync, report => Keep(report with { Store = store }), cancellationToken).ConfigureAwait(false);
                },
                logger.NotCollected,
                cancellationToken).ConfigureAwait(false);
            return reports;
        }
        finally
        {
            _turn.Release();
        }

        void Keep(CollectionReport report)
        {
            reports.Add(report);
            Last = dryRun ? Last : [.. Last.Where(other => other.Store != report.Store), report];
            Tell(report);
        }

        async ValueTask TellOneAsync(CollectionItem item, CancellationToken token)
        {
            await _telling.WaitAsync(token).ConfigureAwait(false);
            try
            {
                await onItem(item, token).ConfigureAwait(false);
            }
            finally
            {
                _telling.Release();
            }
        }
    }

    /// <summary>How far scans are, for each store.</summary>
    public async Task<IReadOnlyList<CollectionProgress>> ReadProgressAsync(CancellationToken cancellationToken)
    {
        var progress = new List<CollectionProgress>();
        foreach (string store in feeds.Current.Stores)
        {
            ContentRoot root = await roots.OpenAsync(store, cancellationToken).ConfigureAwait(false);
            progress.Add(await CollectorOf(root).ReadProgressAsync(cancellationToken).ConfigureAwait(false) with { Store = store });
        }

        return progress;
    }

    /// <summary>Looks at what this host let go of.</summary>
    public async ValueTask WorkOffAsync(CancellationToken cancellationToken)
    {
        // Beside a scan, which may take hours; the two share the rate.
        await _workingOff.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await StoreRounds.RunAsync(
                new Turns(),
                feeds,
                roots,
                async (_, root) => await CollectorOf(root).WorkOffAsync(metrics.Collected, cancellationToken).ConfigureAwait(false),
                logger.NotCollected,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _workingOff.Release();
        }
    }

    public void Dispose()
    {
        _turn.Dispose();
        _workingOff.Dispose();
        _telling.Dispose();
    }

    private Collector CollectorOf(ContentRoot root) =>
        _collectors.GetOrAdd(root, static (key, job) => new Collector(key, job.Options, job.Policy), (Options: options.Collection, Policy: _policy));

    private void Tell(CollectionReport report)
    {
        CollectionCounts counts = report.Counts;
        if (!report.DryRun)
        {
            metrics.Collected(counts);
            metrics.Scanned(report);
        }

        logger.Collected(report.Store, report.DryRun, report.Complete, report.Duration, counts.Blobs, counts.BlobsCondemned, counts.BlobsRemoved, counts.BytesFreed, counts.ManifestsRemoved, counts.UploadsDropped, counts.Failures);
    }
}
