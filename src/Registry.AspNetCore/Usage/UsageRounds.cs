using Microsoft.Extensions.Hosting;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;
using Registry.Content;
using Registry.Maintenance.Usage;

namespace Registry.AspNetCore.Usage;

/// <summary>Writes the pulls that one registry counted: at intervals, when most of the room for them is used, and when the host stops.</summary>
/// <param name="counter">What was counted.</param>
/// <param name="writer">Writes it.</param>
/// <param name="find">Finds the registry. Its settings are looked at when the host starts, and not before they have been found right.</param>
/// <param name="time">The clock.</param>
internal sealed class UsageRounds(PullCounter counter, UsageWriter writer, Func<RegistryInstance> find, TimeProvider time) : BackgroundService
{
    private RegistryInstance? _registry;

    /// <summary>Writes what was counted.</summary>
    /// <returns>Whether all of it could be written.</returns>
    public async Task<bool> WriteAsync(CancellationToken cancellationToken)
    {
        RegistryInstance registry = _registry ??= find();
        UsageWritten written = await writer.RunAsync(FindStores(registry), cancellationToken).ConfigureAwait(false);
        if (written.Failure is { } failure)
        {
            registry.Logger.UsageNotWritten(failure);
        }

        return written.Failure is null;
    }

    // Feeds may come to name a store that the host cannot give: others are counted in all the same.
    private static ContentRoot[] FindStores(RegistryInstance registry)
    {
        var found = new List<ContentRoot>();
        foreach (string store in registry.Feeds.Current.Stores)
        {
            try
            {
                if (registry.Roots.Find(store) is { } root)
                {
                    found.Add(root);
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                registry.Logger.UsageNotWritten(e);
            }
        }

        return [.. found];
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
        if (_registry is not { } registry)
        {
            return; // It never started.
        }

        try
        {
            await WriteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            // The host has no more time.
            registry.Logger.UsageNotWritten(e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(find().Options.UsageInterval, time);
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
