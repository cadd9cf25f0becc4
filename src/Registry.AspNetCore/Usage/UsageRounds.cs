using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Usage;

namespace Registry.AspNetCore.Usage;

/// <summary>Writes the pulls that one registry counted: at intervals, when most of the room for them is used, and when the host stops.</summary>
internal sealed class UsageRounds(
    PullCounter counter, UsageWriter writer, FeedDirectory feeds, ContentRoots roots, TimeSpan interval, TimeProvider time, ILogger logger) : BackgroundService
{
    /// <summary>Writes what was counted.</summary>
    /// <returns>Whether all of it could be written.</returns>
    public async Task<bool> WriteAsync(CancellationToken cancellationToken)
    {
        ContentRoot[] known = [.. feeds.Current.Stores.Select(roots.Find).OfType<ContentRoot>()];
        UsageWritten written = await writer.RunAsync(known, cancellationToken).ConfigureAwait(false);
        if (written.Failure is { } failure)
        {
            logger.UsageNotWritten(failure);
        }

        return written.Failure is null;
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Notes since when pulls are counted, before there are any.
        await WriteAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await WriteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            // The host has no more time.
            logger.UsageNotWritten(e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            bool written = true;
            Task<bool> tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            Task<bool> crowd = counter.Crowded.WaitToReadAsync(stoppingToken).AsTask();
            while (true)
            {
                // After a failure there is nothing to be gained from trying again before it is time.
                await (written ? (Task)Task.WhenAny(tick, crowd) : tick).ConfigureAwait(false);
                stoppingToken.ThrowIfCancellationRequested();
                tick = tick.IsCompleted ? timer.WaitForNextTickAsync(stoppingToken).AsTask() : tick;
                counter.Crowded.TryRead(out _);
                crowd = crowd.IsCompleted ? counter.Crowded.WaitToReadAsync(stoppingToken).AsTask() : crowd;
                written = await WriteAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return; // The host stops, and StopAsync writes the rest.
        }
    }
}
