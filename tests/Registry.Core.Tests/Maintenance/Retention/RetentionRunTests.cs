using Registry.Content;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Feeds;
using Registry.Maintenance.Retention;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Retention;

/// <summary>How a run goes: dry, in a large repository, against others who push meanwhile, over a store that fails.</summary>
public sealed class RetentionRunTests : RetentionTest
{
    private static RetentionRule[] RulesOfEveryKind() =>
    [
        Rule(static rule => rule.Untagged = true),
        TagRule("pr-*"),
        Rule(static rule => rule.NotPulledFor = TimeSpan.FromDays(20)),
        Rule(static rule =>
        {
            rule.KeepNewest = 2;
            rule.KeepBy = RetentionOrder.SemanticVersion;
        }),
        Rule(static rule => rule.TotalBytesAbove = 70),
    ];

    private async Task ArrangeAsync()
    {
        await BeginCountingAsync();
        await Root.PushImageAsync(Repo, "untagged");
        await PushAsync(Repo, "unused", "used", "pr-1");
        Time.Advance(10 * Day);
        await PullAsync(TestManifest.ImageOf("used").Digest);
        Time.Advance(11 * Day);
        await PushAsync(Repo, "1.0.0", "2.0.0", "3.0.0", "pr-2", "pr-kept", "x", "y", "z");
        await PushAsync(OtherRepo, "pr-1", "1.0.0");
        Protected.Add("pr-kept");
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_says_what_a_run_does()
    {
        await ArrangeAsync();
        string[] before = await SnapshotAsync(Store);

        RetentionReport dry = await TryAsync(RulesOfEveryKind());

        Assert.Equal(before, await SnapshotAsync(Store));
        RetentionReport real = await RunAsync(RulesOfEveryKind());
        Assert.NotEqual(before, await SnapshotAsync(Store));
        Assert.Equal(dry.Items, real.Items);
        Assert.True(dry.DryRun);
        Assert.Equal(dry with { DryRun = false, Items = [] }, real with { Items = [] });
        Assert.Equal(["pr-1", "pr-2", "unused", "1.0.0", "used", "2.0.0", "3.0.0", "pr-1"], Named(real));
        Assert.Single(Named(real, RetentionOutcome.Condemned));
        Assert.Equal(["pr-kept"], Named(real, RetentionOutcome.Protected));
        Assert.Empty(Named(await RunAsync(TagRule("pr-*"), RulesOfEveryKind()[3])));
    }

    [Fact]
    public async Task A_tag_that_moves_between_being_judged_and_being_removed_stays()
    {
        await PushAsync(Repo, "a", "b", "c");
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        store.OnceAfter(static call => call.Is(StoreOperation.Get, ContentKeys.Tag(Repo, Tag.Parse("a"))), async () => await Root.PushImageAsync(Repo, "newer", "a"));

        RetentionReport report = await RunAsync(node, dryRun: false, null, TagRule("*"));

        Assert.Equal(["a"], Named(report, RetentionOutcome.Changed));
        Assert.Equal(["b", "c"], Named(report));
        Assert.Equal((2L, 1L), (report.TagsRemoved, report.Kept));
        Assert.Equal(["a"], await Root.TagsAsync(Repo));
        Assert.Equal(TestManifest.ImageOf("newer").Digest, (await Root.PullAsync(Repo, "a"))?.Digest);
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_push_at_any_moment_of_a_run_is_never_undone(bool sameManifest)
    {
        string name = sameManifest ? "a" : "newer";
        bool reached;
        int step = 0;
        do
        {
            step++;
            await PushAsync(Repo, "a");
            Time.Advance(Day);
            var store = new HookedStore(Store.Share());
            ContentRoot node = Node(store);
            bool gone = false;
            Func<bool> wasReached = store.BeforeStep(step, async () =>
            {
                gone = await Root.PullAsync(Repo, "a") is null;
                await Root.PushImageAsync(Repo, name, "a");
            });

            RetentionReport report = await RunAsync(node, dryRun: false, null, Rule(static rule => rule.OlderThan = TimeSpan.FromHours(1)));

            reached = wasReached();
            Assert.Equal(reached ? TestManifest.ImageOf(name).Digest : null, (await Root.PullAsync(Repo, "a"))?.Digest);
            Assert.Equal(gone || !reached ? 1 : 0, report.TagsRemoved);
            Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
        }
        while (reached);

        Assert.InRange(step, 5, 50);
    }

    [Fact]
    public async Task Two_hosts_that_run_at_once_remove_the_same()
    {
        await PushAsync(Repo, [.. Enumerable.Range(0, 30).Select(static i => $"v{i}")]);
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        RetentionRule rule = Rule(static rule => rule.KeepNewest = 10);
        RetentionReport? other = null;
        store.OnceBefore(static call => call.Is(StoreOperation.Put, ContentKeys.Tag(Repo, Tag.Parse("v5"))), async () => other = await RunAsync(rule));

        RetentionReport report = await RunAsync(node, dryRun: false, null, rule);

        Assert.Equal(20, report.TagsRemoved + other!.TagsRemoved);
        Assert.Equal([.. Enumerable.Range(20, 10).Select(static i => $"v{i}")], await Root.TagsAsync(Repo));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_removal_that_fails_is_told_of_and_the_run_goes_on()
    {
        await PushAsync(Repo, "a", "b", "c");
        TestManifest untagged = await Root.PushImageAsync(Repo, "untagged");
        TestManifest another = await Root.PushImageAsync(Repo, "another");
        await PushAsync(OtherRepo, "d");
        Time.Advance(2 * Day);
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        store.Before = call => call.Is(StoreOperation.Put, ContentKeys.Tag(Repo, Tag.Parse("b"))) || call.Is(StoreOperation.Put, ContentKeys.Manifest(Repo, untagged.Digest))
            ? throw new StoreUnavailableException("Not now.")
            : ValueTask.CompletedTask;
        RetentionRule[] rules = [TagRule("*"), Rule(static rule => rule.Untagged = true)];

        RetentionReport report = await RunAsync(node, dryRun: false, null, rules);

        Assert.Equal(["a", "c", "d"], Named(report));
        Assert.Equal([untagged.Digest.Value, "b"], Named(report, RetentionOutcome.Failed));
        Assert.All(report.Items.Where(static item => item.Outcome == RetentionOutcome.Failed), static item => Assert.Equal("Not now.", item.Error));
        Assert.Equal([another.Digest.Value], Named(report, RetentionOutcome.Condemned));
        Assert.Equal(2, report.Failures);
        Assert.Null(report.StoppedBecause);
        Assert.Equal(["b"], Named(await RunAsync(rules[0])));
    }

    [Fact]
    public async Task A_repository_that_cannot_be_read_does_not_keep_others_from_being_run()
    {
        await PushAsync(Repo, "a");
        await PushAsync(OtherRepo, "b");
        var store = new HookedStore(Store.Share());
        store.Before = static call => call.Is(StoreOperation.List, ContentKeys.TagNames(Repo)) ? throw new StoreUnavailableException("Not now.") : ValueTask.CompletedTask;

        RetentionReport report = await RunAsync(Node(store), dryRun: false, null, TagRule("*"));

        Assert.Equal(["app"], Named(report, RetentionOutcome.Failed));
        Assert.Equal(["b"], Named(report));
    }

    [Fact]
    public async Task A_repository_whose_removals_fail_is_left_and_the_next_one_is_tried()
    {
        await PushAsync(Repo, [.. Enumerable.Range(0, 60).Select(static i => $"v{i}")]);
        await PushAsync(OtherRepo, "x");
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        store.Before = static call => call.Changes && call.Key.StartsWith(ContentKeys.Tags(Repo), StringComparison.Ordinal) ? throw new StoreUnavailableException("Not now.") : ValueTask.CompletedTask;

        RetentionReport report = await RunAsync(node, dryRun: false, null, TagRule("*"));

        Assert.Equal(["x"], Named(report));
        RetentionItem left = Assert.Single(report.Items, static item => item is { Outcome: RetentionOutcome.Failed, Tag: null });
        Assert.Equal(("app", "the rest of the repository is left until a later run", "Too many removals failed one after another."), (left.Repository, left.Reason, left.Error));
        Assert.Null(report.StoppedBecause);
        Assert.InRange(report.Failures, 21, 21 + node.Options.StoreConcurrency);
    }

    [Fact]
    public async Task A_store_that_is_gone_ends_the_run()
    {
        await PushAsync(Repo, [.. Enumerable.Range(0, 60).Select(static i => $"v{i}")]);
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        store.Before = static call => call.Changes ? throw new StoreUnavailableException("Gone.") : ValueTask.CompletedTask;

        RetentionReport report = await RunAsync(node, dryRun: false, null, TagRule("*"));

        Assert.Equal("Too many removals failed one after another.", report.StoppedBecause);
        Assert.InRange(report.Failures, 20, 20 + node.Options.StoreConcurrency);

        store.Before = static call => throw new StoreUnavailableException("Gone.");
        Assert.Equal("The repositories cannot be listed: Gone.", (await RunAsync(node, dryRun: false, null, TagRule("*"))).StoppedBecause);
    }

    [Fact]
    public async Task A_run_can_stop_anywhere_and_be_run_again()
    {
        RetentionRule[] rules = [TagRule("pr-*"), Rule(static rule => rule.KeepNewest = 1), Rule(static rule => rule.Untagged = true)];
        await CrashEverywhereAsync(
            async root =>
            {
                await root.PushImageAsync(Repo, "untagged");
                await root.PushImageAsync(Repo, "one", "pr-1", "a", "b");
                await root.PushImageAsync(Repo, "two", "c");
                Time.Advance(2 * Day);
            },
            async root =>
            {
                RetentionReport report = await RunAsync(root, dryRun: false, null, rules);
                if (report.Failures > 0 || report.StoppedBecause is not null)
                {
                    throw new InvalidOperationException("The run did not get through.");
                }
            },
            async (root, _) => Assert.Equal(["c"], await root.TagsAsync(Repo)));
    }

    [Fact]
    public async Task A_large_repository_is_gone_through_in_pages_and_told_of_within_bounds()
    {
        await Root.PushImageAsync(Repo, "one", [.. Enumerable.Range(0, 2_300).Select(static i => $"v{i:0000}")]);
        Time.Advance(Day);
        await Root.PushImageAsync(Repo, "two", "v9999", "w");
        var items = new List<RetentionItem>();

        RetentionReport dry = await RunAsync(Root, dryRun: true, null, Rule(static rule => rule.OlderThan = TimeSpan.FromHours(1)));
        RetentionReport report = await RunAsync(Root, dryRun: false, items, Rule(static rule => rule.KeepNewest = 2));

        Assert.Equal(2_300, dry.TagsRemoved);
        Assert.Equal((2_302L, 2_300L, 1_300L), (report.TagsSeen, report.TagsRemoved, report.ItemsLeftOut));
        Assert.Equal(RetentionReport.MaxItems, report.Items.Count);
        Assert.Equal(2_300, items.Select(static item => item.Tag).Distinct().Count());
        Assert.Equal(items.Take(RetentionReport.MaxItems), report.Items);
        Assert.Equal(["v9999", "w"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task More_tags_than_can_be_compared_are_left_alone_by_the_rules_that_compare()
    {
        await Root.PushImageAsync(Repo, "one", [.. Enumerable.Range(0, 600).Select(static i => $"a{i:000}"), "pr-1"]);
        var log = new RetentionLog(null);
        FeedRepository repository = new FeedTable([Settings]).OwnerOf(Repo);
        CompiledRule[] rules = [new CompiledRule(TagRule("pr-*"), 0, Time.GetUtcNow()), new CompiledRule(Rule(static rule => rule.KeepNewest = 1), 1, Time.GetUtcNow())];
        var run = new RepositoryRetention(Root, null!, repository, static _ => false, rules, dryRun: false, log, maxTags: 2);

        await run.RunAsync(Cancel);

        RetentionReport report = log.Report("", dryRun: false, Time.GetUtcNow(), Time.GetUtcNow(), null);
        Assert.Equal(["pr-1"], Named(report));
        RetentionItem left = Assert.Single(report.Items, static item => item.Outcome == RetentionOutcome.Failed);
        Assert.Equal(("app", "rule 2", "there are more than 2 tags, too many to compare them with each other"), (left.Repository, left.Rule, left.Reason));
        Assert.Equal(600, (await Root.TagsAsync(Repo)).Count);
    }

    [Fact]
    public async Task A_feed_that_is_read_only_is_left_alone()
    {
        await PushAsync(Repo, "a");
        Settings.ReadOnly = true;

        Assert.Equal("The feed is read-only.", (await RunAsync(TagRule("*"))).StoppedBecause);
        Assert.Equal(["a"], Named(await TryAsync(TagRule("*"))));
        Assert.Equal(["a"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task A_run_ends_when_it_is_told_to()
    {
        await PushAsync(Repo, "a");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            var feeds = new FeedTable([Settings]);
            await new RetentionRunner(Root, null!, static (_, _, _) => false).RunAsync(() => feeds, feeds.Feeds[0], [TagRule("*")], dryRun: false, null, null, new CancellationToken(canceled: true));
        });
        Assert.Equal(["a"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task Rules_with_mistakes_are_not_carried_out()
    {
        await PushAsync(Repo, "a");

        await Assert.ThrowsAsync<ArgumentException>(() => RunAsync(new RetentionRule()));

        Assert.Equal(["a"], await Root.TagsAsync(Repo));
    }
}
