using Microsoft.Extensions.Logging;
using Registry.Content;
using Registry.Content.Records;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>
/// Reads a store again and checks it: the bytes of every blob, each record against what it names, and what is missing, half or left over. What can be mended is; the rest is reported.
/// </summary>
/// <param name="root">The store's content.</param>
/// <param name="source">Where a good copy of what is broken may be had, if anywhere.</param>
/// <param name="logger">Is told of findings.</param>
internal sealed class Scrub(ContentRoot root, IScrubSource? source, ILogger logger)
{
    /// <summary>Begins a scrub, or goes on with the one that was stopped last, by whatever host.</summary>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops the scrub; it is gone on with later.</param>
    /// <returns>What was found. It has no end where another host is at it.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="IOException">The store failed. The scrub is gone on with later.</exception>
    public async Task<ScrubReport> RunAsync(ScrubOptions options, CancellationToken cancellationToken)
    {
        if (options.Validate().ToList() is { Count: > 0 } mistakes)
        {
            throw new ArgumentException(string.Join(" ", mistakes), nameof(options));
        }

        using ScrubRun? run = await ScrubRun.BeginAsync(root, options, logger, cancellationToken).ConfigureAwait(false);
        if (run is null)
        {
            ScrubLog.TakenOver(logger);
            return await ReadReportAsync(cancellationToken).ConfigureAwait(false) ?? throw new StoreUnavailableException("The scrub of another host has no record any more.");
        }

        ScrubLog.Started(logger, run.Phase);
        try
        {
            while (run.Phase != ScrubPhase.Done)
            {
                await RunPhaseAsync(run).ConfigureAwait(false);
                await run.EndPhaseAsync().ConfigureAwait(false);
                run.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (run.IsTakenOver && !cancellationToken.IsCancellationRequested)
        {
            ScrubLog.TakenOver(logger);
            return run.Report;
        }
        catch (Exception)
        {
            await run.PauseAsync().ConfigureAwait(false);
            throw;
        }

        ScrubReport report = run.Report;
        ScrubLog.Ended(logger, report.Blobs, report.BytesRead, report.Manifests, report.Tags, report.Findings.Count + report.FindingsOmitted);
        return report;
    }

    /// <summary>The report of the last scrub, or of the one under way; <see langword="null"/> where there was none.</summary>
    public async ValueTask<ScrubReport?> ReadReportAsync(CancellationToken cancellationToken)
    {
        Versioned<ScrubRecord>? found = await root.Records.ReadOrRemoveAsync<ScrubRecord>(ScrubKeys.Progress, cancellationToken).ConfigureAwait(false);
        return found?.Record.Report;
    }

    private ValueTask RunPhaseAsync(ScrubRun run) => run.Phase switch
    {
        ScrubPhase.Blobs => new BlobScrub(root, source).RunAsync(run),
        ScrubPhase.Repositories => new RepositoryScrub(root, source).RunAsync(run),
        ScrubPhase.Uploads => new UploadScrub(root).RunAsync(run),
        ScrubPhase.Orphans => new OrphanScrub(root).RunAsync(run),
        _ => throw new InvalidOperationException($"There is no phase {run.Phase}."),
    };
}
