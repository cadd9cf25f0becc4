using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Feeds;
using Registry.AspNetCore.Quotas;
using Registry.AspNetCore.Tests.Testing;
using Registry.Content;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Quotas;
using Registry.Model;
using Registry.Storage;

namespace Registry.AspNetCore.Tests.Maintenance;

public sealed class QuotaScheduleTests : MaintenanceTest
{
    private Task<RegistryHost> StartAsync(JobSchedule schedule, IObjectStore? store = null, LogCollector? log = null) => StartAsync(
        options =>
        {
            SwitchOff(options);
            options.Maintenance.QuotaSchedule = schedule;
        },
        registry =>
        {
            registry.AddFeed("team", static feed => feed.Quota = new StorageQuota { Bytes = 1_000_000 });
            if (log is not null)
            {
                registry.Services.AddSingleton<ILoggerProvider>(log);
            }
        },
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

    [Fact]
    public async Task A_feed_that_is_emptied_while_it_does_not_answer_has_all_its_room_at_once()
    {
        await using RegistryHost host = await StartAsync(JobSchedule.Off);
        await FirstAsync(host);
        await host.Client.PushImageAsync("team/app", "v1");
        Assert.NotEqual((0, 0), await UsedAsync(host));

        Set(host, new Feed("team") { Enabled = false, Quota = new StorageQuota { Bytes = 1_000_000 } });
        await host.Services.GetRequiredKeyedService<IFeedContentService>("").RemoveAllAsync("team", Cancel);
        Set(host, new Feed("team") { Quota = new StorageQuota { Bytes = 1_000_000 } });

        Assert.Equal((0, 0), await UsedAsync(host));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_feed_that_is_emptied_while_it_has_no_quota_is_counted_anew_when_it_has_one_again(bool enabled)
    {
        await using RegistryHost host = await StartAsync(JobSchedule.Off);
        await FirstAsync(host);
        await host.Client.PushImageAsync("team/app", "v1");
        IFeedContentService content = host.Services.GetRequiredKeyedService<IFeedContentService>("");

        // Nobody looks in between.
        Set(host, new Feed("team") { Enabled = enabled });
        Assert.Equal(1, enabled ? await content.RemoveRepositoryAsync("team", "app", Cancel) ? 1 : 0 : await content.RemoveAllAsync("team", Cancel));
        Set(host, new Feed("team") { Quota = new StorageQuota { Bytes = 1_000_000 } });

        await UntilAsync(async () => await UsedAsync(host) == (0, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_pushed_while_a_quota_was_away_is_counted_when_it_is_back(bool idle)
    {
        await using RegistryHost host = await StartAsync(JobSchedule.Off);
        await FirstAsync(host);
        ContentRoot root = host.Services.GetRequiredKeyedService<ContentRoots>("").Get("");

        Set(host, new Feed("team") { Enabled = !idle });
        await UntilAsync(async () => (await root.Records.ReadAsync<VerificationRecord>(QuotaVerification.Key, Cancel))?.Record.Quotas == "");
        Set(host, new Feed("team"));
        await host.Client.PushImageAsync("team/app", "v1");
        Set(host, new Feed("team") { Quota = new StorageQuota { Bytes = 1_000_000 } });
        Assert.Equal((0, 0), await UsedAsync(host));

        await UntilAsync(async () => (await UsedAsync(host)).Tags == 1);
    }

    [Fact]
    public async Task A_host_without_quotas_has_those_of_others_counted_once_and_not_again_and_again()
    {
        await using RegistryHost host = await StartAsync(JobSchedule.Off);
        DateTimeOffset first = await FirstAsync(host);

        await using RegistryHost without = await StartAsync(SwitchOff, static registry => registry.AddFeed("team"));
        await UntilAsync(async () => await VerifiedAsync(host) > first);
        DateTimeOffset second = await FirstAsync(host);
        for (int i = 0; i < 100; i++)
        {
            Time.Advance(TimeSpan.FromHours(1));
            await Task.Yield();
        }

        Assert.Equal(second, await VerifiedAsync(host));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upload_in_pieces_has_the_room_that_a_process_which_stopped_left_reserved(bool chunked)
    {
        await using RegistryHost host = await StartAsync(JobSchedule.Off);
        await FirstAsync(host);
        ContentRoot root = host.Services.GetRequiredKeyedService<ContentRoots>("").Get("");
        Assert.NotNull(await root.Quotas.ReserveAsync(RepositoryName.Parse("team/app"), [QuotaItem.Blob(Digest.Parse(TestBlob.Of("never came").Sha256), 1_000_000)], Cancel));
        var client = new RegistryClient(host.Client);
        TestBlob blob = TestBlob.Random(1_000);
        string session = await client.StartUploadAsync("team/app");
        (await client.PatchAsync(session, blob.Content, chunked: chunked)).Expect(403, "DENIED");

        Time.Advance(QuotaOwner.Life);

        (await client.PatchAsync(session, blob.Content, chunked: chunked)).Expect(202);
        (await client.FinishAsync(session, blob.Sha256)).Expect(201);
        Assert.Equal((1_000, 0), await UsedAsync(host));
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_told_of_and_keeps_nothing_else_from_being_counted()
    {
        using var log = new LogCollector();
        await using (RegistryHost before = await StartAsync(more: static registry => registry.AddFeed("team")))
        {
            await before.Client.PushImageAsync("team/app", "v1");
            await before.Client.PushImageAsync("team/app", "v2");
        }

        await Store.PutAsync(ContentKeys.Tag(RepositoryName.Parse("team/app"), Tag.Parse("v2")), "{"u8.ToArray(), PutCondition.None, Cancel);
        await using RegistryHost host = await StartAsync(JobSchedule.Off, log: log);
        await FirstAsync(host);

        Assert.Equal(1, (await UsedAsync(host)).Tags);
        await Eventually.IsAsync(() => Task.FromResult(log.Complaints.Any(static entry => entry.EventId == 73)));
        Assert.Equal("1 records in store '' cannot be read, and were counted in no quota. A scrub tells which they are.", Assert.Single(log.Complaints, static entry => entry.EventId == 73).Message);
    }

    private static void Set(RegistryHost host, Feed feed) => host.Services.GetRequiredKeyedService<HostFeeds>("").Set(feed);

    private static async Task<(long Bytes, long Tags)> UsedAsync(RegistryHost host) =>
        await host.Services.GetRequiredKeyedService<IQuotaService>("").GetUsageAsync("team", Cancel) is { } usage ? (usage.UsedBytes, usage.UsedTags) : default;
}
