using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Registry.AspNetCore.Hosting;
using Registry.AspNetCore.Maintenance;

namespace Registry.AspNetCore.Quotas;

/// <summary>Has what came to have a quota counted soon, in every registry. What has had one is the business of <see cref="QuotaJob"/>'s schedule.</summary>
internal sealed class QuotaSchedule(IServiceProvider services, IEnumerable<RegistryRegistration> registrations, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Round, time);
        do
        {
            foreach (string name in registrations.Select(static registration => registration.Name).Distinct(StringComparer.Ordinal))
            {
                await services.GetRequiredKeyedService<QuotaJob>(name).VerifyNewAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }
}
