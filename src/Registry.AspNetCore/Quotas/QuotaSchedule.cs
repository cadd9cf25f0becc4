using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Quotas;

namespace Registry.AspNetCore.Quotas;

/// <summary>Has the quotas of every registry verified when its schedule says so, and soon after something came to have one.</summary>
internal sealed class QuotaSchedule(IServiceProvider services, IEnumerable<RegistryRegistration> registrations, IOptionsMonitor<DockerRegistryOptions> options, TimeProvider time, ILogger<QuotaSchedule> logger) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Round, time);
        do
        {
            foreach (string name in registrations.Select(static registration => registration.Name).Distinct(StringComparer.Ordinal))
            {
                var feeds = services.GetRequiredKeyedService<FeedDirectory>(name);
                var roots = services.GetRequiredKeyedService<ContentRoots>(name);
                TimeSpan interval = IntervalOf(options.Get(name).Maintenance.QuotaSchedule);
                foreach (string store in feeds.Current.Stores)
                {
                    await VerifyAsync(name, roots.Find(store), interval, stoppingToken).ConfigureAwait(false);
                }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    // While the schedule says nothing, only what has come to have a quota is counted.
    private TimeSpan IntervalOf(JobSchedule schedule)
    {
        DateTimeOffset now = time.GetUtcNow();
        return schedule.IsOpen(now, out DateTimeOffset notSince, out _) ? now - notSince : TimeSpan.MaxValue;
    }

    private async ValueTask VerifyAsync(string registry, ContentRoot? root, TimeSpan interval, CancellationToken cancellationToken)
    {
        // One without a quota is not asked for anything.
        if (root is null || root.Quotas.Scopes.Names.Length == 0)
        {
            return;
        }

        try
        {
            await root.EnsureUsableAsync(cancellationToken).ConfigureAwait(false);
            if (await new QuotaVerification(root).RunIfDueAsync(interval, cancellationToken).ConfigureAwait(false) is { } report)
            {
                logger.QuotasVerified(registry, report.Verified, report.Corrected, report.Unverified);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            // The next round tries again, or another host does.
            logger.QuotasNotVerified(registry, e);
        }
    }
}
