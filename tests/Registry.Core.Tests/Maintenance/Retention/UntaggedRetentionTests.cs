using Registry.Content;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Retention;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Retention;

/// <summary>Rules about manifests without tags, and the collector that works at the same manifests.</summary>
public sealed class UntaggedRetentionTests : RetentionTest
{
    private static readonly RetentionRule Untagged = Rule(static rule => rule.Untagged = true);

    private async Task ScanAsync()
    {
        using var feeds = new HostFeeds([Settings]);
        using var directory = new FeedDirectory(feeds, static (_, _) => { }, Time);
        var options = new CollectionOptions { OperationsPerSecond = null };
        await new Collector(Root, options, new FeedPolicy(directory)).ScanAsync(dryRun: false, notSince: null, Cancel);
    }

    [Fact]
    public async Task A_collectors_scan_between_the_two_runs_leaves_the_mark()
    {
        Settings.Retention.Add(Untagged);
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        Time.Advance(2 * Day);
        await RunAsync(Untagged);
        await ScanAsync();
        Time.Advance(2 * Day);
        await ScanAsync();

        RetentionReport report = await RunAsync(Untagged);

        Assert.Equal([image.Digest.Value], Named(report));
        Assert.Null(await Root.PullAsync(Repo, image));
    }

    [Fact]
    public async Task A_scan_takes_the_mark_away_where_no_rule_is_about_manifests_without_tags_any_more()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        Time.Advance(2 * Day);
        await RunAsync(Untagged);

        await ScanAsync();

        Assert.Null((await ManifestRecordAsync(Repo, image.Digest))!.Record.CondemnedAt);
    }

    [Fact]
    public async Task A_tag_between_the_two_runs_keeps_the_manifest()
    {
        Settings.Retention.Add(Untagged);
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        Time.Advance(2 * Day);
        Assert.Single(Named(await RunAsync(Untagged), RetentionOutcome.Condemned));
        await Root.PushAsync(Repo, image, "latest");
        Time.Advance(2 * Day);

        Assert.Empty((await RunAsync(Untagged)).Items);
        await ScanAsync();

        Assert.NotNull(await Root.PullAsync(Repo, image));
        Assert.Null((await ManifestRecordAsync(Repo, image.Digest))!.Record.CondemnedAt);
    }

    [Fact]
    public async Task What_an_index_names_and_what_refers_to_something_stay_as_long_as_that_does()
    {
        TestManifest child = await Root.PushImageAsync(Repo, "child");
        TestManifest index = TestManifest.Index([child.Digest]);
        await Root.PushAsync(Repo, index, "latest");
        await Root.PushImageAsync(Repo, "signature");
        TestManifest signature = TestManifest.Referrer(index.Digest, "signature");
        await Root.PushAsync(Repo, signature);
        await Root.Manifests.DeleteAsync(Repo, TestManifest.ImageOf("signature").Digest, Cancel);
        Time.Advance(2 * Day);
        Assert.Empty((await RunAsync(Untagged)).Items);

        await Root.Manifests.DeleteAsync(Repo, index.Digest, Cancel);
        Time.Advance(2 * Day);
        RetentionReport first = await RunAsync(Untagged);
        Time.Advance(2 * Day);
        RetentionReport second = await RunAsync(Untagged);

        Assert.Equal(new[] { child.Digest.Value, signature.Digest.Value }.Order(), Named(first, RetentionOutcome.Condemned).Order());
        Assert.Equal(new[] { child.Digest.Value, signature.Digest.Value }.Order(), Named(second).Order());
    }

    [Fact]
    public async Task Many_go_at_one_look_at_the_repositorys_tags()
    {
        await PushAsync(Repo, [.. Enumerable.Range(0, 30).Select(static i => $"v{i}")]);
        for (int i = 0; i < 40; i++)
        {
            await Root.PushImageAsync(Repo, $"untagged {i}");
        }

        Time.Advance(2 * Day);
        await RunAsync(Untagged);
        Time.Advance(2 * Day);
        int reads = 0;
        var store = new HookedStore(Store.Share());
        store.Before = call =>
        {
            _ = call.Is(StoreOperation.Get, ContentKeys.Tags(Repo)) ? Interlocked.Increment(ref reads) : 0;
            return ValueTask.CompletedTask;
        };

        RetentionReport report = await RunAsync(Node(store), dryRun: false, null, Untagged);

        // Once because a manifest knows of it, and once before any manifest ends.
        Assert.Equal((40L, 2 * 30), (report.ManifestsRemoved, reads));
    }

    [Fact]
    public async Task A_run_that_was_stopped_is_gone_on_with()
    {
        string[] names = ["library/a", "library/b", "library/c"];
        foreach (string name in names)
        {
            await PushAsync(RepositoryName.Parse(name), "v1");
        }

        var progress = new Progress { After = "library/a" };
        var feeds = new FeedTable([Settings]);
        var runner = new RetentionRunner(Root, null!, static (_, _, _) => false);

        RetentionReport report = await runner.RunAsync(() => feeds, feeds.Feeds[0], [TagRule("*")], dryRun: false, null, progress, Cancel);

        Assert.Equal(["b", "c"], report.Items.Select(static item => item.Repository));
        Assert.Equal(["library/b", "library/c"], progress.Done);
    }

    [Fact]
    public async Task A_run_that_ends_for_its_failures_is_gone_on_with_behind_them()
    {
        foreach (string name in new[] { "a", "b", "c", "d", "e" })
        {
            await PushAsync(RepositoryName.Parse($"library/{name}"), [.. Enumerable.Range(0, 20).Select(static i => $"v{i}")]);
        }

        var store = new HookedStore(Store.Share()) { Before = static call => call.Changes ? throw new StoreUnavailableException("Gone.") : ValueTask.CompletedTask };
        var feeds = new FeedTable([Settings]);
        var runner = new RetentionRunner(Node(store), null!, static (_, _, _) => false);
        var first = new Progress();
        var second = new Progress { After = "library/c" };

        RetentionReport ended = await runner.RunAsync(() => feeds, feeds.Feeds[0], [TagRule("*")], dryRun: false, null, first, Cancel);
        RetentionReport rest = await runner.RunAsync(() => feeds, feeds.Feeds[0], [TagRule("*")], dryRun: false, null, second, Cancel);

        Assert.Equal(["library/a", "library/b", "library/c"], first.Done);
        Assert.Equal(["library/d", "library/e"], second.Done);
        Assert.All(new[] { ended, rest }, static report => Assert.Equal("Too many removals failed one after another.", report.StoppedBecause));
    }

    [Fact]
    public async Task Manifests_stay_when_the_feed_is_set_read_only_while_they_are_looked_at()
    {
        await Root.PushImageAsync(Repo, "one");
        Time.Advance(2 * Day);
        Assert.Single(Named(await RunAsync(Untagged), RetentionOutcome.Condemned));
        Time.Advance(2 * Day);
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        store.OnceBefore(static call => call.Is(StoreOperation.List, ContentKeys.Manifests(Repo)), () =>
        {
            Settings.ReadOnly = true;
            return ValueTask.CompletedTask;
        });

        RetentionReport report = await RunAsync(node, dryRun: false, null, Untagged);

        Assert.Equal(("The feed is read-only.", 0L), (report.StoppedBecause, report.ManifestsRemoved));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_that_is_ended_tells_what_it_did(bool told)
    {
        await PushAsync(Repo, [.. Enumerable.Range(0, 40).Select(static i => $"v{i:00}")]);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var progress = new Progress();
        var feeds = new FeedTable([Settings]);
        var runner = new RetentionRunner(Root, null!, static (_, _, _) => false);

        Exception? thrown = await Record.ExceptionAsync(async () => await runner.RunAsync(() => feeds, feeds.Feeds[0], [TagRule("*")], dryRun: false, End, progress, stop.Token));

        RetentionReport report = Assert.Single(progress.Reports);
        Assert.Equal(told ? "It was told to stop." : "It failed: Enough.", report.StoppedBecause);
        Assert.Equal(told, thrown is OperationCanceledException);
        Assert.Equal(40 - (await Root.TagsAsync(Repo)).Count, report.TagsRemoved);
        Assert.InRange(report.TagsRemoved, 1, 39);
        Assert.Equal(report.TagsRemoved, report.Items.Count(static item => item.Outcome == RetentionOutcome.Removed));

        ValueTask End(RetentionItem item, CancellationToken cancellationToken)
        {
            if (told)
            {
                stop.Cancel();
                return ValueTask.CompletedTask;
            }

            throw new FormatException("Enough.");
        }
    }

    [Fact]
    public async Task Manifests_that_were_removed_before_the_run_is_ended_are_told_of()
    {
        TestManifest[] images = [await Root.PushImageAsync(Repo, "one"), await Root.PushImageAsync(Repo, "two"), await Root.PushImageAsync(Repo, "three")];
        Time.Advance(2 * Day);
        await RunAsync(Untagged);
        Time.Advance(2 * Day);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var store = new HookedStore(Store.Share());
        using ContentRoot node = Node(store);
        int ended = 0;
        store.OnceAfter(call => call.Changes && call.Key.StartsWith(ContentKeys.Manifests(Repo), StringComparison.Ordinal) && ++ended == 2, async () => await stop.CancelAsync());
        var progress = new Progress();
        var feeds = new FeedTable([Settings]);
        var runner = new RetentionRunner(node, new UnneededManifests(node, new CollectionOptions { OperationsPerSecond = null, Concurrency = 1 }, new StoreTime(Time)), static (_, _, _) => false);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await runner.RunAsync(() => feeds, feeds.Feeds[0], [Untagged], dryRun: false, null, progress, stop.Token));

        int gone = 0;
        foreach (TestManifest image in images)
        {
            gone += await Root.PullAsync(Repo, image) is null ? 1 : 0;
        }

        // The one that it was at may be gone or not: its store's answer did not come.
        Assert.Equal(2, gone);
        Assert.InRange(Assert.Single(progress.Reports).ManifestsRemoved, 1, 2);
    }

    private sealed class Progress : IRetentionProgress
    {
        public List<RetentionReport> Reports { get; } = [];

        public void Ended(RetentionReport report) => Reports.Add(report);

        public string? After { get; init; }

        public List<string> Done { get; } = [];

        public bool IsTakenOver => false;

        public void Passed(string fullName) => Done.Add(fullName);
    }
}
