using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Runs the jobs of all registries of the host when they are due. A job that fails is tried again later, and holds up no other.</summary>
internal sealed class MaintenanceService(IServiceProvider services, IEnumerable<RegistryRegistration> registrations, TimeProvider time, ILogger<MaintenanceService> logger) : BackgroundService
{
    // How often schedules are looked at.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(30);

    // How long a job waits after a fault, or for what other hosts are at.
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    // How often it is asked, in the time that is to lie between two runs, whether the next is due.
    private const int LooksInInterval = 24;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loops = new List<Task>();
        foreach (string name in registrations.Select(static registration => registration.Name).Distinct(StringComparer.Ordinal))
        {
            var collection = services.GetRequiredKeyedService<CollectionJob>(name);
            loops.AddRange(services.GetKeyedServices<IMaintenanceJob>(name).Select(job => RunAsync(job, stoppingToken)));
            if (services.GetRequiredKeyedService<RegistryInstance>(name).Options.Maintenance.ReleasedInterval is { } interval)
            {
                loops.Add(WorkOffAsync(collection, interval, stoppingToken));
            }
        }

        return Task.WhenAll(loops);
    }

    private async Task RunAsync(IMaintenanceJob job, CancellationToken stoppingToken)
    {
        // Not by the time of day, which may be set back.
        long ended = time.GetTimestamp();
        TimeSpan wait = TimeSpan.Zero;
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                DateTimeOffset now = time.GetUtcNow();
                if (time.GetElapsedTime(ended) >= wait && job.Schedule.IsOpen(now, out DateTimeOffset notSince, out DateTimeOffset? until))
                {
                    bool done = await TryRunAsync(job, notSince, until - now, stoppingToken).ConfigureAwait(false);
                    ended = time.GetTimestamp();

                    // A window that was gone through is looked at again when it has closed.
                    wait = !done ? Pause : job.Schedule.Interval is { } interval ? AgainAfter(interval) : until - time.GetUtcNow() ?? Pause;
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return; // Whatever was under way goes on from where it is in a later run.
        }
    }

    // What is done may have been so for nearly an interval, by another host or before this one was started anew.
    private static TimeSpan AgainAfter(TimeSpan interval) => interval < Pause ? interval : interval / LooksInInterval > Pause ? interval / LooksInInterval : Pause;

    private async ValueTask<bool> TryRunAsync(IMaintenanceJob job, DateTimeOffset notSince, TimeSpan? atMost, CancellationToken stoppingToken)
    {
        using var limit = atMost is { } span ? new CancellationTokenSource(span, time) : new CancellationTokenSource();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, limit.Token);
        try
        {
            return await job.RunAsync(notSince, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !stoppingToken.IsCancellationRequested)
        {
            return false; // The window has closed.
        }
        catch (Exception e) when (IsFault(e, stoppingToken))
        {
            logger.JobFailed(job.Name, e);
            return false;
        }
    }

    private async Task WorkOffAsync(CollectionJob collection, TimeSpan interval, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                try
                {
                    await collection.WorkOffAsync(stoppingToken).ConfigureAwait(false);
                }
                catch (Exception e) when (IsFault(e, stoppingToken))
                {
                    // What was not looked at is left to the scan.
                    logger.JobFailed(collection.Name, e);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    // A cancellation that nobody here asked for is a store's way to say that it gave up.
    private static bool IsFault(Exception exception, CancellationToken stoppingToken) =>
        exception is not OutOfMemoryException && (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested);
}
