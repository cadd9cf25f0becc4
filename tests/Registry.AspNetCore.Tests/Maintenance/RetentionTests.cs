using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Retention;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Maintenance;

public sealed class RetentionTests : MaintenanceTest
{
    private static RetentionRule Drop(params string[] tags)
    {
        var rule = new RetentionRule();
        tags.ToList().ForEach(rule.Tags.Add);
        return rule;
    }

    private static void Team(Feed feed)
    {
        feed.Retention.Add(Drop("pr-*"));
        feed.Retention.Add(new RetentionRule { Untagged = true });
        feed.ProtectedTags.Add("pr-kept");
    }

    private static async Task<string[]> TagsAsync(RegistryHost host, string repository) =>
        [.. (await (await host.Client.FetchAsync($"/v2/{repository}/tags/list")).JsonAsync()).GetProperty("tags").EnumerateArray().Select(static tag => tag.GetString()!)];

    private static async Task PushAsync(RegistryHost host, string repository, params string[] tags)
    {
        foreach (string tag in tags)
        {
            await host.Client.PushImageAsync(repository, tag, tag);
        }
    }

    [Fact]
    public async Task Rules_are_carried_out_on_schedule_and_protected_tags_stay()
    {
        await using RegistryHost host = await StartAsync(SwitchOffButRetention, static registry => registry.AddFeed("team", Team).AddFeed("other"));
        using var measured = new Measurements(host);
        await PushAsync(host, "team/app", "latest", "pr-1", "pr-2", "pr-kept");
        await PushAsync(host, "other/app", "pr-1");

        await UntilAsync(async () => (await TagsAsync(host, "team/app")).Length == 2);

        Assert.Equal(["latest", "pr-kept"], await TagsAsync(host, "team/app"));
        Assert.Equal(["pr-1"], await TagsAsync(host, "other/app"));
        await Wait.UntilAsync(() => measured.Of("registry.retention.items").Where(static item => item.Tags["kind"] is "tag" && item.Tags["outcome"] is "removed").Sum(static item => item.Value) == 2);
        RetentionReport report = Assert.Single(MaintenanceOf(host).LastRetention);
        Assert.Equal(("team", 2L, 1L), (report.Feed, report.TagsRemoved, report.Kept));
    }

    [Fact]
    public async Task Manifests_without_tags_go_though_the_collector_runs_beside()
    {
        await using RegistryHost host = await StartAsync(
            static options =>
            {
                options.Maintenance.Collection.OperationsPerSecond = null;
                options.Maintenance.CollectionSchedule = options.Maintenance.RetentionSchedule = JobSchedule.Every(TimeSpan.FromHours(1));
            },
            static registry => registry.AddFeed("team", Team));
        PushedImage image = await host.Client.PushImageAsync("team/app");
        await host.Client.PushImageAsync("team/app", "latest", "kept");

        await UntilAsync(async () => (await host.Client.AskAsync("GET", $"/v2/team/app/manifests/{image.Digest}")).StatusCode == HttpStatusCode.NotFound);
        await UntilAsync(async () => await CountAsync("data/") == 2);

        await host.Client.AskAsync("GET", "/v2/team/app/manifests/latest").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_host_may_try_rules_and_apply_them_when_it_likes()
    {
        await using RegistryHost host = await StartAsync(SwitchOff, static registry => registry.AddFeed("team", Team).AddFeed("plain"));
        await PushAsync(host, "team/app", "latest", "pr-1", "pr-kept");
        await PushAsync(host, "plain/app", "old");
        var items = new List<RetentionItem>();

        RetentionReport dry = Assert.Single(await MaintenanceOf(host).TryRetentionAsync(null, null, Take, Cancel));
        RetentionReport other = Assert.Single(await MaintenanceOf(host).TryRetentionAsync("plain", [Drop("o?d")], null, Cancel));

        Assert.True(dry is { DryRun: true, Feed: "team", TagsRemoved: 1, Kept: 1 });
        Assert.Equal(["pr-1", "pr-kept"], items.Select(static item => item.Tag!.Value.Value));
        Assert.All(items, static item => Assert.Equal("matches pr-*", item.Reason));
        Assert.True(other is { DryRun: true, Feed: "plain", TagsRemoved: 1 });
        Assert.Equal(["latest", "pr-1", "pr-kept"], await TagsAsync(host, "team/app"));
        Assert.Equal(["old"], await TagsAsync(host, "plain/app"));

        Assert.Equal(1, Assert.Single(await MaintenanceOf(host).ApplyRetentionAsync(null, null, Cancel)).TagsRemoved);
        Assert.Equal(["latest", "pr-kept"], await TagsAsync(host, "team/app"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => MaintenanceOf(host).ApplyRetentionAsync("none", null, Cancel));
        var mistake = await Assert.ThrowsAsync<ArgumentException>(() => MaintenanceOf(host).TryRetentionAsync("team", [new RetentionRule { KeepNewest = -1 }], null, Cancel));
        Assert.Contains("it must be from 1 to", mistake.Message, StringComparison.Ordinal);

        ValueTask Take(RetentionItem item, CancellationToken cancellationToken)
        {
            items.Add(item);
            return ValueTask.CompletedTask;
        }
    }

    [Theory]
    [InlineData("gone", "The feed is gone, or disabled.")]
    [InlineData("disabled", "The feed is gone, or disabled.")]
    [InlineData("read-only", "The feed is read-only.")]
    [InlineData("no rules", "The feed has other rules by now.")]
    [InlineData("other rules", "The feed has other rules by now.")]
    public async Task A_run_ends_when_the_feed_that_it_is_about_is_changed(string change, string reason)
    {
        await using RegistryHost host = await StartAsync(SwitchOff, static registry => registry.AddFeed("team", Team).AddFeed("zoo", Team));
        string[] tags = [.. Enumerable.Range(0, 40).Select(static i => $"pr-{i:00}")];
        await PushAsync(host, "team/app", tags);
        await PushAsync(host, "team/other", "pr-1");
        await PushAsync(host, "zoo/app", "pr-1");
        var changed = new Feed("team") { Enabled = change != "disabled", ReadOnly = change == "read-only" };
        if (change != "no rules")
        {
            Team(changed);
        }

        if (change == "other rules")
        {
            changed.Retention[0].OlderThan = TimeSpan.FromDays(1);
        }

        var feeds = host.Services.GetRequiredKeyedService<HostFeeds>("");
        int removed = 0;

        IReadOnlyList<RetentionReport> reports = await MaintenanceOf(host).ApplyRetentionAsync(null, Change, Cancel);

        Assert.Equal([reason, null], reports.Select(static report => report.StoppedBecause));
        Assert.InRange(reports[0].TagsRemoved, 1, 20);
        Assert.Equal(removed, reports.Sum(static report => report.TagsRemoved));
        Assert.Equal(1, reports[1].TagsRemoved);
        feeds.Set(new Feed("team"));
        Assert.Equal(tags.Length - reports[0].TagsRemoved, (await TagsAsync(host, "team/app")).Length);
        Assert.Single(await TagsAsync(host, "team/other"));

        ValueTask Change(RetentionItem item, CancellationToken cancellationToken)
        {
            if (++removed == 1 && change == "gone")
            {
                feeds.Remove("team");
            }
            else if (removed == 1)
            {
                feeds.Set(changed);
            }

            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    public async Task A_run_after_one_that_met_other_rules_begins_at_the_front()
    {
        await using RegistryHost host = await StartAsync(SwitchOff, static registry => registry.AddFeed("team", Team));
        await PushAsync(host, "team/app", "pr-1", "rc-1");
        await PushAsync(host, "team/other", [.. Enumerable.Range(0, 40).Select(static i => $"pr-{i:00}")]);
        var changed = new Feed("team");
        Team(changed);
        changed.Retention[0].Tags.Add("rc-*");
        int removed = 0;

        IReadOnlyList<RetentionReport> reports = await MaintenanceOf(host).ApplyRetentionAsync(null, Change, Cancel);
        Assert.Equal("The feed has other rules by now.", Assert.Single(reports).StoppedBecause);
        Assert.Equal(["rc-1"], await TagsAsync(host, "team/app"));

        Assert.Null(Assert.Single(await MaintenanceOf(host).ApplyRetentionAsync(null, null, Cancel)).StoppedBecause);
        Assert.Empty(await TagsAsync(host, "team/app"));

        ValueTask Change(RetentionItem item, CancellationToken cancellationToken)
        {
            if (++removed == 2)
            {
                host.Services.GetRequiredKeyedService<HostFeeds>("").Set(changed);
            }

            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    public async Task Tags_that_are_protected_while_a_run_goes_on_stay_and_a_change_of_another_kind_does_not_end_it()
    {
        await using RegistryHost host = await StartAsync(SwitchOff, static registry => registry.AddFeed("team", Team));
        await PushAsync(host, "team/app", [.. Enumerable.Range(0, 40).Select(static i => $"pr-{i:00}")]);
        var changed = new Feed("team") { ProtectedTags = { "pr-3?" } };
        changed.Retention.Add(Drop("pr-*"));
        changed.Retention.Add(new RetentionRule { Untagged = true });

        RetentionReport report = Assert.Single(await MaintenanceOf(host).ApplyRetentionAsync("team", Change, Cancel));

        Assert.Equal((null, 30L, 10L), (report.StoppedBecause, report.TagsRemoved, report.Kept));
        string[] left = await TagsAsync(host, "team/app");
        Assert.Equal([.. Enumerable.Range(30, 10).Select(static i => $"pr-{i}")], left);

        ValueTask Change(RetentionItem item, CancellationToken cancellationToken)
        {
            if (item.Tag!.Value.Value == "pr-00")
            {
                host.Services.GetRequiredKeyedService<HostFeeds>("").Set(changed);
            }

            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    public async Task A_feed_that_is_set_read_only_while_another_is_gone_through_is_left_alone()
    {
        await using RegistryHost host = await StartAsync(SwitchOff, static registry => registry.AddFeed("a", Team).AddFeed("b", Team));
        await PushAsync(host, "a/app", "pr-1");
        await PushAsync(host, "b/app", "pr-1");
        var changed = new Feed("b") { ReadOnly = true };
        Team(changed);

        RetentionReport report = Assert.Single(await MaintenanceOf(host).ApplyRetentionAsync(null, Change, Cancel));

        Assert.Equal(("a", 1L), (report.Feed, report.TagsRemoved));
        Assert.Equal(["pr-1"], await TagsAsync(host, "b/app"));

        ValueTask Change(RetentionItem item, CancellationToken cancellationToken)
        {
            host.Services.GetRequiredKeyedService<HostFeeds>("").Set(changed);
            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    public async Task A_feed_that_another_host_is_at_is_left_to_it_and_gone_on_with_when_that_stops()
    {
        var gate = new GatedStore(Store.Share());
        RegistryHost busy = await StartAsync(SwitchOff, static registry => registry.AddFeed("team", Team), gate);
        await using RegistryHost other = await StartAsync(SwitchOff, static registry => registry.AddFeed("team", Team));
        foreach (string name in new[] { "a", "b" })
        {
            await PushAsync(other, $"team/{name}", "pr-1");
        }

        using var stop = new CancellationTokenSource();
        gate.Prefix = "repos/team._b/tag-names/";
        Task running = MaintenanceOf(busy).ApplyRetentionAsync("team", null, stop.Token);
        await Wait.UntilAsync(() => gate.Waiting);

        Assert.Equal("Another host is at it.", Assert.Single(await MaintenanceOf(other).ApplyRetentionAsync("team", null, Cancel)).StoppedBecause);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        RetentionReport ended = Assert.Single(MaintenanceOf(busy).LastRetention);
        Assert.Equal(("It was told to stop.", 1L), (ended.StoppedBecause, ended.TagsRemoved));
        RetentionReport rest = Assert.Single(await MaintenanceOf(other).ApplyRetentionAsync("team", null, Cancel));

        Assert.Equal((null, 1), (rest.StoppedBecause, rest.Repositories));
        Assert.Equal("b", Assert.Single(rest.Items).Repository);
        await busy.DisposeAsync();
    }

    [Fact]
    public async Task A_host_that_went_silent_loses_the_feed_and_ends()
    {
        var gate = new GatedStore(Store.Share());
        await using RegistryHost silent = await StartAsync(SwitchOff, static registry => registry.AddFeed("team", Team), gate);
        await using RegistryHost other = await StartAsync(SwitchOff, static registry => registry.AddFeed("team", Team));
        await PushAsync(other, "team/app", "pr-1");
        gate.Prefix = "repos/team._app/tag-names/";
        Task<IReadOnlyList<RetentionReport>> running = MaintenanceOf(silent).ApplyRetentionAsync("team", null, Cancel);
        await Wait.UntilAsync(() => gate.Waiting);
        gate.IsCutOff = static key => key.StartsWith("maintenance/", StringComparison.Ordinal);

        Time.Advance(TimeSpan.FromMinutes(3));
        RetentionReport taken = Assert.Single(await MaintenanceOf(other).ApplyRetentionAsync("team", null, Cancel));
        gate.IsCutOff = null;
        Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal((null, 1L), (taken.StoppedBecause, taken.TagsRemoved));
        RetentionReport left = Assert.Single(await running);
        Assert.Equal(("Another host is at it.", 1L), (left.StoppedBecause, left.Repositories));
    }

    [Fact]
    public async Task A_feed_whose_rules_another_host_carried_out_lately_is_not_gone_through_again()
    {
        await using (RegistryHost first = await StartAsync(SwitchOffButRetention, static registry => registry.AddFeed("team", Team)))
        {
            await PushAsync(first, "team/app", "pr-1");
            await UntilAsync(async () => (await TagsAsync(first, "team/app")).Length == 0);
        }

        await using RegistryHost second = await StartAsync(SwitchOffButRetention, static registry => registry.AddFeed("team", Team));
        await PushAsync(second, "team/app", "pr-2");
        for (int i = 0; i < 20; i++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(["pr-2"], await TagsAsync(second, "team/app"));
        await UntilAsync(async () => (await TagsAsync(second, "team/app")).Length == 0);
    }

    [Fact]
    public async Task A_run_that_its_caller_ends_by_an_exception_is_gone_on_with_at_once()
    {
        await using RegistryHost host = await StartAsync(SwitchOff, static registry => registry.AddFeed("team", Team));
        await PushAsync(host, "team/app", "pr-1", "pr-2");

        using var measured = new Measurements(host);
        await Assert.ThrowsAsync<FormatException>(() => MaintenanceOf(host).ApplyRetentionAsync("team", static (_, _) => throw new FormatException("Enough."), Cancel));

        RetentionReport ended = Assert.Single(MaintenanceOf(host).LastRetention);
        Assert.Equal(("It failed: Enough.", 2L), (ended.StoppedBecause, ended.TagsRemoved));
        Assert.Equal(2, measured.Of("registry.retention.items").Where(static item => item.Tags["outcome"] is "removed").Sum(static item => item.Value));
        Assert.Null(Assert.Single(await MaintenanceOf(host).ApplyRetentionAsync("team", null, Cancel)).StoppedBecause);
        Assert.Empty(await TagsAsync(host, "team/app"));
    }

    [Fact]
    public async Task A_feed_whose_store_cannot_be_written_holds_up_no_other()
    {
        var cut = new GatedStore(new InMemoryObjectStore(Time)) { IsCutOff = static key => key.StartsWith("maintenance/", StringComparison.Ordinal) };
        await using RegistryHost host = await StartAsync(
            SwitchOffButRetention,
            registry => registry.AddStore("cut", store => store.AddStorage(_ => cut)).AddFeed("a", static feed =>
            {
                Team(feed);
                feed.Store = "cut";
            }).AddFeed("b", Team));
        await PushAsync(host, "a/app", "pr-1");
        await PushAsync(host, "b/app", "pr-1");

        await UntilAsync(async () => (await TagsAsync(host, "b/app")).Length == 0);

        Assert.Equal(["pr-1"], await TagsAsync(host, "a/app"));
        Assert.Equal(["The store failed: Cut off.", null], (await MaintenanceOf(host).ApplyRetentionAsync(null, null, Cancel)).Select(static report => report.StoppedBecause));
        cut.IsCutOff = null;
        await UntilAsync(async () => (await TagsAsync(host, "a/app")).Length == 0);
    }

    private static void SwitchOffButRetention(DockerRegistryOptions options)
    {
        SwitchOff(options);
        options.Maintenance.RetentionSchedule = JobSchedule.Every(TimeSpan.FromHours(2));
    }
}
