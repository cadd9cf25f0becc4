using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Quotas;

namespace Registry.AspNetCore.Quotas;

/// <summary>Has the quotas of every registry verified once a day, and soon after something came to have one.</summary>
internal sealed class QuotaSchedule(IServiceProvider services, IEnumerable<RegistryRegistration> registrations, TimeProvider time, ILogger<QuotaSchedule> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);
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
                foreach (string store in feeds.Current.Stores)
                {
                    await VerifyAsync(name, roots.Find(store), stoppingToken).ConfigureAwait(false);
                }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async ValueTask VerifyAsync(string registry, ContentRoot? root, CancellationToken cancellationToken)
    {
        // One without a quota is not asked for anything.
        if (root is null || root.Quotas.Scopes.Names.Length == 0)
        {
            return;
        }

        try
        {
            await root.EnsureUsableAsync(cancellationToken).ConfigureAwait(false);
            if (await new QuotaVerification(root).RunIfDueAsync(Interval, cancellationToken).ConfigureAwait(false) is { } report)
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
