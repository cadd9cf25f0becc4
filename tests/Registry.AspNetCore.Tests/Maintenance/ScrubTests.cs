using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Maintenance;
using Registry.AspNetCore.Tests.Testing;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Scrubbing;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Maintenance;

public sealed class ScrubTests : MaintenanceTest
{
    private static void Unpaced(DockerRegistryOptions options)
    {
        SwitchOff(options);
        options.Maintenance.Scrub.BytesPerSecond = null;
    }

    /// <summary>Puts other bytes in the place of a blob's.</summary>
    private static async Task BreakAsync(InMemoryObjectStore store)
    {
        string key = (await store.ListAsync("data/", null, 1, Cancel)).Keys[0];
        await store.DeleteAsync(key, Cancel);
        await store.PutAsync(key, "something else"u8.ToArray(), default, Cancel);
    }

    [Fact]
    public async Task Stores_are_scrubbed_on_schedule_and_what_is_broken_is_not_served()
    {
        await using RegistryHost host = await StartAsync(static options =>
        {
            Unpaced(options);
            options.Maintenance.ScrubSchedule = JobSchedule.Every(TimeSpan.FromDays(7));
        });
        using var measured = new Measurements(host);
        string blob = await host.Client.PushBlobAsync("app", Images.Bytes("good"));
        await BreakAsync(Store);

        await UntilAsync(async () => (await MaintenanceOf(host).ReadScrubReportsAsync(Cancel)) is [{ Ended: not null }]);

        ScrubReport report = Assert.Single(await MaintenanceOf(host).ReadScrubReportsAsync(Cancel));
        Assert.Equal((ScrubFindingKind.BlobCorrupt, ScrubAction.Quarantined, blob), Assert.Single(report.Findings.Select(static found => (found.Kind, found.Action, found.Digest))));
        await UntilAsync(async () => (await host.Client.AskAsync("GET", $"/v2/app/blobs/{blob}")).StatusCode == HttpStatusCode.NotFound);
        await Wait.UntilAsync(() => measured.Of("registry.scrub.findings").Sum(static item => item.Value) == 1);
    }

    [Fact]
    public async Task Nothing_is_scrubbed_by_default_and_code_may_ask_for_it()
    {
        await using RegistryHost host = await StartAsync(Unpaced);
        await host.Client.PushBlobAsync("app", Images.Bytes("good"));
        await BreakAsync(Store);
        for (int i = 0; i < 100; i++)
        {
            Time.Advance(TimeSpan.FromHours(12));
        }

        Assert.Empty(await MaintenanceOf(host).ReadScrubReportsAsync(Cancel));
        Assert.Equal(ScrubAction.Reported, Assert.Single(Assert.Single(await MaintenanceOf(host).ScrubAsync(dryRun: true, Cancel)).Findings).Action);
        Assert.Empty(await MaintenanceOf(host).ReadScrubReportsAsync(Cancel));
        Assert.Equal(ScrubAction.Quarantined, Assert.Single(Assert.Single(await MaintenanceOf(host).ScrubAsync(dryRun: false, Cancel)).Findings).Action);
    }

    [Fact]
    public async Task What_is_broken_is_mended_from_the_second_copy()
    {
        var copy = new InMemoryObjectStore(Time);
        await using RegistryHost host = await StartAsync(
            static options =>
            {
                Unpaced(options);
                options.Maintenance.SecondCopy = "copy";
            },
            registry => registry.AddStore("copy", store => store.AddStorage(_ => copy)).AddDefaultFeed());
        PushedImage image = await host.Client.PushImageAsync("app", "v1");
        await host.Services.GetRequiredKeyedService<IContentCopyService>("").CopyAsync("", "copy", null, Cancel);
        await BreakAsync(Store);

        ScrubReport report = Assert.Single(await MaintenanceOf(host).ScrubAsync(dryRun: false, Cancel));

        Assert.Equal(ScrubAction.Mended, Assert.Single(report.Findings).Action);
        foreach (string digest in new[] { image.Layer, image.Config })
        {
            await host.Client.AskAsync("GET", $"/v2/app/blobs/{digest}").ShouldBeAsync(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_holds_up_no_other()
    {
        var archive = new InMemoryObjectStore(Time);
        var cut = new GatedStore(Store.Share()) { IsCutOff = static key => key.StartsWith("maintenance/", StringComparison.Ordinal) };
        await using RegistryHost host = await StartAsync(
            static options =>
            {
                Unpaced(options);
                options.Maintenance.ScrubSchedule = JobSchedule.Every(TimeSpan.FromDays(7));
            },
            registry => registry.AddStore("archive", store => store.AddStorage(_ => archive)).AddFeed("a").AddFeed("b", static feed => feed.Store = "archive"),
            cut);

        await UntilAsync(async () => (await MaintenanceOf(host).ReadScrubReportsAsync(Cancel)) is [{ Store: "archive", Ended: not null }]);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => MaintenanceOf(host).ScrubAsync(dryRun: false, Cancel));
        cut.IsCutOff = null;
        await UntilAsync(async () => (await MaintenanceOf(host).ReadScrubReportsAsync(Cancel)).Count(static report => report.Ended is not null) == 2);
    }

    [Fact]
    public async Task A_second_copy_that_there_is_not_stops_the_start()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(static options =>
        {
            options.Maintenance.SecondCopy = "none";
            options.Maintenance.Scrub.MaxFindings = 0;
        }));

        Assert.Contains("Maintenance.SecondCopy is store 'none', which there is not.", error.Message, StringComparison.Ordinal);
        Assert.Contains("Maintenance.Scrub.MaxFindings is 0; it must be from 1 to 1000.", error.Message, StringComparison.Ordinal);
    }
}
