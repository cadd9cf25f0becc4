using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Quotas;
using Registry.AspNetCore.Tests.Testing;
using Registry.Content.Records;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Quotas;
using Registry.Storage;

namespace Registry.AspNetCore.Tests.Maintenance;

public sealed class QuotaScheduleTests : MaintenanceTest
{
    private Task<RegistryHost> StartAsync(JobSchedule schedule, IObjectStore? store = null) => StartAsync(
        options =>
        {
            SwitchOff(options);
            options.Maintenance.QuotaSchedule = schedule;
        },
        static registry => registry.AddFeed("team", static feed => feed.Quota = new StorageQuota { Bytes = 1_000_000 }),
        store);

    private static async Task<DateTimeOffset?> VerifiedAsync(RegistryHost host) =>
        (await host.Services.GetRequiredKeyedService<IQuotaService>("").GetUsageAsync("team", Cancel))?.Verified;

    private async Task<DateTimeOffset> FirstAsync(RegistryHost host)
    {
        await UntilAsync(async () => await VerifiedAsync(host) is not null);
        return (await VerifiedAsync(host))!.Value;
    }

    [Fact]
    public async Task Quotas_are_counted_once_without_a_schedule_and_again_by_a_host_that_has_one()
    {
        DateTimeOffset first;
        await using (RegistryHost host = await StartAsync(JobSchedule.Off))
        {
            first = await FirstAsync(host);
            for (int i = 0; i < 100; i++)
            {
                Time.Advance(TimeSpan.FromHours(1));
            }

            Assert.Equal(first, await VerifiedAsync(host));
        }

        await using RegistryHost scheduled = await StartAsync(JobSchedule.Every(TimeSpan.FromHours(30)));
        await UntilAsync(async () => await VerifiedAsync(scheduled) > first);
        DateTimeOffset second = await FirstAsync(scheduled);
        await UntilAsync(async () => await VerifiedAsync(scheduled) > second);

        Assert.InRange(await FirstAsync(scheduled), second.AddHours(30), DateTimeOffset.MaxValue);
    }

    [Fact]
    public async Task A_recount_ends_when_its_window_closes_and_goes_on_in_the_next()
    {
        var gate = new GatedStore(Store.Share());
        await using RegistryHost host = await StartAsync(JobSchedule.Daily(new TimeOnly(1, 0), new TimeOnly(3, 0)), gate);
        DateTimeOffset first = await FirstAsync(host);

        gate.Prefix = "refs/";
        await UntilAsync(() => Task.FromResult(gate.Waiting));
        await UntilAsync(() => Task.FromResult(gate.WasCancelled));
        gate.Prefix = null;
        await UntilAsync(async () => await VerifiedAsync(host) > first);
    }

    [Fact]
    public async Task A_recount_that_takes_long_is_left_to_its_host_and_taken_over_when_that_stops()
    {
        var gate = new GatedStore(Store.Share()) { Prefix = "refs/" };
        RegistryHost busy = await StartAsync(JobSchedule.Off, gate);
        await Wait.UntilAsync(() => gate.Waiting);
        await using RegistryHost other = await StartAsync(JobSchedule.Off);
        RecordStore records = other.Services.GetRequiredKeyedService<ContentRoots>("").Get("").Records;
        for (int minute = 0; minute < 10; minute++)
        {
            string? nonce = await NonceAsync();
            Time.Advance(TimeSpan.FromMinutes(1));
            await Eventually.IsAsync(async () => await NonceAsync() != nonce);
        }

        Assert.Null(await VerifiedAsync(other));
        using var measured = new Measurements(other);
        await busy.DisposeAsync();
        await FirstAsync(other);
        await Wait.UntilAsync(() => measured.Of("registry.quota.verified").Sum(static item => item.Value) == 1);

        async Task<string?> NonceAsync() => (await records.ReadAsync<ScanRecord>(QuotaVerification.ClaimKey, Cancel))?.Record.Nonce;
    }
}
