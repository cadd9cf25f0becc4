using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Maintenance;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Maintenance;

public sealed class CollectionTests : MaintenanceTest
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task What_is_deleted_is_collected_on_schedule()
    {
        await using RegistryHost host = await StartAsync();
        using var measured = new Measurements(host);
        PushedImage image = await host.Client.PushImageAsync("app", "latest");
        await host.Client.PushImageAsync("kept", "latest", "kept");
        await host.Client.AskAsync("DELETE", $"/v2/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);

        await UntilAsync(async () => (await CountAsync("data/")) == 2);

        await host.Client.AskAsync("GET", $"/v2/app/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.NotFound);
        await host.Client.AskAsync("GET", "/v2/kept/manifests/latest").ShouldBeAsync(HttpStatusCode.OK);

        // Each run waits for its rate, and tells what it did when it ends.
        await UntilAsync(() => Task.FromResult(measured.Of("registry.collection.removed").Where(static item => item.Tags["kind"] is "blob").Sum(static item => item.Value) == 2));
        Assert.True(measured.Of("registry.collection.freed").Sum(static item => item.Value) > 0);
        Assert.Equal(2, measured.Of("registry.collection.condemned").Where(static item => item.Tags["kind"] is "blob").Sum(static item => item.Value));
        Assert.NotEmpty(measured.Of("registry.collection.duration"));
        Assert.Equal(0, measured.Of("registry.collection.failures").Sum(static item => item.Value));
    }

    [Fact]
    public async Task What_a_host_let_go_of_is_collected_without_a_schedule()
    {
        await using RegistryHost host = await StartAsync(static options => options.Maintenance.CollectionSchedule = JobSchedule.Off);
        PushedImage image = await host.Client.PushImageAsync("app", "latest");
        await host.Client.AskAsync("DELETE", $"/v2/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);

        await UntilAsync(async () => (await CountAsync("data/")) == 0);

        Assert.Equal(0, await CountAsync("maintenance/collection/"));
    }

    [Fact]
    public async Task A_host_that_was_started_shortly_before_a_run_is_due_does_not_wait_for_a_whole_interval_first()
    {
        static void Daily(DockerRegistryOptions options) => options.Maintenance.CollectionSchedule = JobSchedule.Every(TimeSpan.FromDays(1));
        DateTimeOffset ran;
        await using (RegistryHost before = await StartAsync(Daily))
        {
            await UntilAsync(async () => await FinishedAsync(before) is not null);
            ran = (await FinishedAsync(before))!.Value;
        }

        Time.Advance(ran + TimeSpan.FromHours(23) - Time.GetUtcNow());
        await using RegistryHost host = await StartAsync(Daily);
        await UntilAsync(async () => await FinishedAsync(host) > ran);

        Assert.InRange(await FinishedAsync(host) - ran ?? default, TimeSpan.FromDays(1), TimeSpan.FromHours(40));
    }

    [Fact]
    public async Task Nothing_is_collected_where_it_is_switched_off_and_code_may_ask_for_it()
    {
        await using RegistryHost host = await StartAsync(SwitchOff);
        var maintenance = host.Services.GetRequiredKeyedService<IRegistryMaintenance>("");
        PushedImage image = await host.Client.PushImageAsync("app", "latest");
        await host.Client.AskAsync("DELETE", $"/v2/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);
        for (int i = 0; i < 100; i++)
        {
            Time.Advance(Hour);
        }

        Assert.Equal(2, await CountAsync("data/"));
        Assert.Empty(maintenance.LastCollection);

        var named = new List<CollectionItem>();
        CollectionReport dry = Assert.Single(await maintenance.CollectAsync(dryRun: true, (item, _) => Name(item), Cancel));
        Assert.All(named, static item => Assert.Equal((CollectionItemKind.Blob, CollectionStep.Condemned, null), (item.Kind, item.Step, item.Repository)));
        Assert.Equal(dry.Counts.BytesFreed, named.Sum(static item => item.Bytes));
        Assert.Contains(named, item => item.Name == image.Layer);
        Assert.Empty(Assert.Single(await maintenance.ReadCollectionProgressAsync(Cancel)).Parts);
        Assert.True(dry is { DryRun: true, Complete: true, Counts: { BlobsCondemned: 2, BytesFreed: > 0 } });
        Assert.Empty(maintenance.LastCollection);

        Assert.Equal(2, Assert.Single(await maintenance.CollectAsync(dryRun: false, Cancel)).Counts.BlobsCondemned);
        Time.Advance(TimeSpan.FromDays(2));
        CollectionReport report = Assert.Single(await maintenance.CollectAsync(dryRun: false, Cancel));
        Assert.Equal((2, dry.Counts.BytesFreed), (report.Counts.BlobsRemoved, report.Counts.BytesFreed));
        Assert.Equal([report], maintenance.LastCollection);
        Assert.Equal(0, await CountAsync("data/"));
        CollectionProgress progress = Assert.Single(await maintenance.ReadCollectionProgressAsync(Cancel));
        Assert.All(progress.Parts, part => Assert.Equal((Time.GetUtcNow(), 1.0), (part.Finished, part.Done!.Value)));
        Assert.Equal(report.Counts, progress.Parts.Aggregate(new CollectionCounts(), static (sum, part) => sum + part.Counts));

        ValueTask Name(CollectionItem item)
        {
            named.Add(item);
            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    public async Task A_feed_says_whether_untagged_manifests_go_and_may_change_its_mind()
    {
        await using RegistryHost host = await StartAsync(SwitchOff, static builder => builder.AddFeed("main").AddFeed("other"));
        var maintenance = host.Services.GetRequiredKeyedService<IRegistryMaintenance>("");
        var feeds = host.Services.GetRequiredKeyedService<HostFeeds>("");
        foreach (string feed in new[] { "main", "other" })
        {
            await host.Client.PushImageAsync($"{feed}/app", "latest", "old");
            await host.Client.PushImageAsync($"{feed}/app", "latest", "new");
        }

        string old = (await host.Client.PushImageAsync("main/app", seed: "old")).Digest;
        await CollectAsync(TimeSpan.FromDays(2));
        Assert.Equal(0, (await CollectAsync(TimeSpan.FromDays(2))).ManifestsRemoved);

        feeds.Set(new Feed("main") { KeepUntagged = TimeSpan.FromDays(7) });
        Assert.Equal(1, (await CollectAsync(TimeSpan.FromDays(2))).ManifestsCondemned);
        Assert.Equal(0, (await CollectAsync(TimeSpan.FromDays(6))).ManifestsRemoved);
        Assert.Equal(1, (await CollectAsync(TimeSpan.FromDays(1))).ManifestsRemoved);

        await host.Client.AskAsync("GET", $"/v2/main/app/manifests/{old}").ShouldBeAsync(HttpStatusCode.NotFound);
        await host.Client.AskAsync("GET", $"/v2/other/app/manifests/{old}").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.AskAsync("GET", "/v2/main/app/manifests/latest").ShouldBeAsync(HttpStatusCode.OK);

        async Task<CollectionCounts> CollectAsync(TimeSpan later)
        {
            Time.Advance(later);
            return Assert.Single(await maintenance.CollectAsync(dryRun: false, Cancel)).Counts;
        }
    }

    [Fact]
    public async Task Feeds_with_stores_of_their_own_are_collected_too()
    {
        var archive = new InMemoryObjectStore(Time);
        await using RegistryHost host = await StartAsync(
            SwitchOff, builder => builder.AddStore("archive", store => store.AddStorage(_ => archive)).AddFeed("main").AddFeed("old", static feed => feed.Store = "archive"));
        await host.Client.PushBlobAsync("old/app", Images.Bytes("loose"));
        Time.Advance(TimeSpan.FromDays(2));

        IReadOnlyList<CollectionReport> reports = await host.Services.GetRequiredKeyedService<IRegistryMaintenance>("").CollectAsync(dryRun: false, Cancel);

        Assert.Equal([("", 0L), ("archive", 1L)], reports.Select(static report => (report.Store, report.Counts.BlobsCondemned)).Order());
    }

    [Fact]
    public async Task A_host_that_stops_ends_a_run_at_once_and_another_goes_on_with_it()
    {
        var gate = new GatedStore(Store.Share()) { Prefix = "blobs/" };
        RegistryHost host = await StartAsync(static options => options.Maintenance.ReleasedInterval = null, store: gate);
        await host.Client.PushBlobAsync("app", Images.Bytes("loose"));
        await UntilAsync(() => Task.FromResult(gate.Waiting));

        await host.DisposeAsync();

        Assert.True(gate.WasCancelled);
        await using RegistryHost next = await StartAsync();
        await UntilAsync(async () => (await CountAsync("data/")) == 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // As stores of others may say that they gave up waiting.
    public async Task A_run_that_fails_is_tried_again(bool cancelled)
    {
        var failing = new FailingStore(Store.Share(), () => cancelled ? new TaskCanceledException("Not now.") : new StoreUnavailableException("Not now."));
        await using RegistryHost host = await StartAsync(static options => options.Maintenance.ReleasedInterval = null, store: failing);
        await host.Client.PushBlobAsync("app", Images.Bytes("loose"));

        await UntilAsync(async () => (await CountAsync("data/")) == 0);

        Assert.Equal(0, failing.Left);
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_holds_up_no_other()
    {
        var cut = new GatedStore(Store.Share()) { IsCutOff = static key => key.StartsWith("maintenance/", StringComparison.Ordinal) };
        var archive = new InMemoryObjectStore(Time);
        await using RegistryHost host = await StartAsync(
            static options =>
            {
                options.Maintenance.ReleasedInterval = null;
                options.Maintenance.Collection.OperationsPerSecond = null; // The clock stands while code collects.
            },
            registry => registry.AddStore("archive", store => store.AddStorage(_ => archive)).AddFeed("a").AddFeed("b", static feed => feed.Store = "archive"),
            cut);
        await host.Client.PushBlobAsync("a/app", Images.Bytes("loose"));
        await host.Client.PushBlobAsync("b/app", Images.Bytes("loose"));

        await UntilAsync(async () => (await archive.ListAsync("data/", null, 1, Cancel)).Keys.Count == 0);

        Assert.Equal(1, await CountAsync("data/"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => MaintenanceOf(host).CollectAsync(dryRun: false, Cancel));
        Assert.Equal([("", false), ("archive", true)], MaintenanceOf(host).LastCollection.Select(static report => (report.Store, report.Complete)));
        cut.IsCutOff = null;
        await UntilAsync(async () => (await CountAsync("data/")) == 0);
    }

    private sealed class FailingStore(IObjectStore inner, Func<Exception> fault) : ProxyStore(inner)
    {
        private int _left = 3;

        public int Left => _left;

        public override ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken) =>
            prefix == "blobs/" && _left > 0 && Interlocked.Decrement(ref _left) >= 0
                ? throw fault()
                : base.ListAsync(prefix, startAfter, limit, cancellationToken);
    }

    private static async Task<DateTimeOffset?> FinishedAsync(RegistryHost host) =>
        (await MaintenanceOf(host).ReadCollectionProgressAsync(Cancel)).SelectMany(static store => store.Parts).FirstOrDefault(static part => part.Name == "uploads")?.LastFinished;
}
