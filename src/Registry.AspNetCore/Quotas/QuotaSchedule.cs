using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;
using Registry.AspNetCore.Maintenance;
using Registry.Maintenance.Jobs;

namespace Registry.AspNetCore.Quotas;

/// <summary>Has what came to have a quota counted soon, in every registry. What has had one is the business of <see cref="QuotaJob"/>'s schedule.</summary>
internal sealed class QuotaSchedule(IServiceProvider services, IEnumerable<RegistryRegistration> registrations, TimeProvider time, ILogger<QuotaSchedule> logger) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Round, time);
        do
        {
            foreach (string name in registrations.Select(static registration => registration.Name).Distinct(StringComparer.Ordinal))
            {
                await VerifyAsync(services.GetRequiredKeyedService<QuotaJob>(name), stoppingToken).ConfigureAwait(false);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async ValueTask VerifyAsync(QuotaJob job, CancellationToken stoppingToken)
    {
        try
        {
            await job.VerifyNewAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (Exception e) when (JobFaults.IsFault(e, stoppingToken))
        {
            // Whatever it is, it must not stop the host.
            logger.JobFailed(job.Name, e);
        }
    }
}
