using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Scrubbing;
using Registry.Storage;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Reads every store of a registry's feeds again, one after the other. Of several hosts one is at a store at a time, and goes on where another stopped.</summary>
internal sealed class ScrubJob(
    FeedDirectory feeds, ContentRoots roots, Func<string, IObjectStore?> findStore, MaintenanceOptions options, RegistryMetrics metrics, ILogger logger) : IMaintenanceJob, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Turns _rounds = new();

    public string Name => "scrub";

    public JobSchedule Schedule => options.ScrubSchedule;

    public async ValueTask<bool> RunAsync(DateTimeOffset notSince, CancellationToken cancellationToken) =>
        (await ScrubAsync(options.Scrub, notSince, cancellationToken).ConfigureAwait(false)).All(static report => report.Ended is not null);

    /// <summary>Scrubs.</summary>
    /// <param name="how">How.</param>
    /// <param name="notSince">Stores whose scrub ended after this are left; <see langword="null"/> leaves none.</param>
    /// <param name="cancellationToken">Stops it; run again, it goes on.</param>
    public async Task<IReadOnlyList<ScrubReport>> ScrubAsync(ScrubOptions how, DateTimeOffset? notSince, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var reports = new List<ScrubReport>();
            await StoreRounds.RunAsync(
                how.DryRun ? new Turns() : _rounds,
                feeds,
                roots,
                async (store, root) => reports.AddRange(await ScrubAsync(store, root, how, notSince, cancellationToken).ConfigureAwait(false) is { } report ? [report] : []),
                logger.NotScrubbed,
                cancellationToken).ConfigureAwait(false);
            return reports;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The reports of the last scrubs, of whatever host, or of those under way.</summary>
    public async Task<IReadOnlyList<ScrubReport>> ReadReportsAsync(CancellationToken cancellationToken)
    {
        var reports = new List<ScrubReport>();
        foreach (string store in feeds.Current.Stores)
        {
            ContentRoot root = await roots.OpenAsync(store, cancellationToken).ConfigureAwait(false);
            if (await new Scrub(root, source: null, logger).ReadReportAsync(cancellationToken).ConfigureAwait(false) is { } report)
            {
                reports.Add(report with { Store = store });
            }
        }

        return reports;
    }

    public void Dispose() => _turn.Dispose();

    // Nothing where it is done.
    private async ValueTask<ScrubReport?> ScrubAsync(string store, ContentRoot root, ScrubOptions how, DateTimeOffset? notSince, CancellationToken cancellationToken)
    {
        var scrub = new Scrub(root, FindSource(store, root), logger);
        DateTimeOffset now = root.Time.GetUtcNow();
        if (notSince is { } limit && await scrub.ReadReportAsync(cancellationToken).ConfigureAwait(false) is { Ended: { } ended } && (now - ended).Duration() < now - limit)
        {
            return null;
        }

        ScrubReport report = await scrub.RunAsync(how, cancellationToken).ConfigureAwait(false) with { Store = store };
        if (report is { Ended: not null, DryRun: false })
        {
            metrics.Scrubbed(report);
        }

        return report;
    }

    // What a feed keeps in the second copy has none.
    private StoreScrubSource? FindSource(string store, ContentRoot root) =>
        options.SecondCopy is { } name && name != store && findStore(name) is { } copy ? new StoreScrubSource(copy, root.Time) : null;
}
