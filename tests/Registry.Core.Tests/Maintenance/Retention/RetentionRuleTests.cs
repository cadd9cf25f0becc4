using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Model;
using Registry.Feeds;
using Registry.Maintenance.Retention;
using Registry.Model;

namespace Registry.Core.Tests.Maintenance.Retention;

/// <summary>What each condition of a rule names, alone and together with others.</summary>
public sealed class RetentionRuleTests : RetentionTest
{
    [Fact]
    public async Task A_tag_that_leads_nowhere_is_none_of_the_newest()
    {
        await PushAsync(Repo, "old", "new");
        Digest newest = (await Root.PullAsync(Repo, "new"))!.Digest;
        Versioned<ManifestRecord> manifest = (await ManifestRecordAsync(Repo, newest))!;
        await Records.PutAsync(ContentKeys.Manifest(Repo, newest), manifest.Record with { State = ManifestState.Deleted, Content = default }, manifest, Cancel);

        RetentionReport report = await RunAsync(Rule(static rule => rule.KeepNewest = 1));

        Assert.Equal(0, report.TagsRemoved);
        Assert.NotNull(await Root.PullAsync(Repo, "old"));
    }

    [Fact]
    public async Task Without_rules_everything_stays()
    {
        await PushAsync(Repo, "a", "b");
        Time.Advance(1_000 * Day);

        RetentionReport report = await RunAsync();

        Assert.Equal((0, 0L, 0L), (report.Repositories, report.TagsSeen, report.TagsRemoved));
        Assert.Equal(["a", "b"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task Tags_are_named_by_wildcards_and_excepted_by_others()
    {
        await PushAsync(Repo, "pr-1", "pr-22", "pr-keep", "main", "PR-1", "apr-1");
        await Root.PushAsync(Repo, TestManifest.ImageOf("pr-1"), "same");

        RetentionReport report = await RunAsync(TagRule("pr-*", "mai?", "!*-keep"));

        Assert.Equal(["main", "pr-1", "pr-22"], Named(report));
        Assert.Equal(["matches mai?", "matches pr-*", "matches pr-*"], report.Items.Select(static item => item.Reason));
        Assert.All(report.Items, static item => Assert.Equal(("app", "rule 1"), (item.Repository, item.Rule)));
        Assert.Equal(TestManifest.ImageOf("main").Digest, report.Items[0].Digest);
        Assert.Equal((1, 7L, 3L, 0L, 0L), (report.Repositories, report.TagsSeen, report.TagsRemoved, report.Failures, report.Kept));
        Assert.Equal(["PR-1", "apr-1", "pr-keep", "same"], await Root.TagsAsync(Repo));

        // The manifests stay: they are another rule's.
        Assert.NotNull(await Root.PullAsync(Repo, TestManifest.ImageOf("main")));
    }

    [Fact]
    public async Task Exceptions_alone_name_all_others()
    {
        await PushAsync(Repo, "a", "b", "c");

        await RunAsync(TagRule("!b"));

        Assert.Equal(["b"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task Repositories_are_named_by_their_names_within_the_feed()
    {
        var outside = RepositoryName.Parse("liz/app");
        var ofDefault = RepositoryName.Parse("librarian/app");
        var sibling = RepositoryName.Parse("library/tools");
        foreach (RepositoryName repository in (RepositoryName[])[Repo, OtherRepo, outside, ofDefault, sibling])
        {
            await PushAsync(repository, "a");
        }

        RetentionRule rule = TagRule("*");
        rule.Repositories.Add("a*");
        rule.Repositories.Add("!*/other");
        RetentionReport report = await RunAsync(rule);

        Assert.Equal(["app"], report.Items.Select(static item => item.Repository));
        Assert.Empty(await Root.TagsAsync(Repo));
        foreach (RepositoryName repository in (RepositoryName[])[OtherRepo, outside, ofDefault, sibling])
        {
            Assert.Equal(["a"], await Root.TagsAsync(repository));
        }
    }

    [Fact]
    public async Task The_default_feed_s_rules_leave_other_feeds_alone()
    {
        string[] names = ["alpine", "library/app", "library/zoo", "liz/app", "lizard/app", "zoo"];
        foreach (string name in names)
        {
            await PushAsync(RepositoryName.Parse(name), "a");
        }

        var feeds = new FeedTable([new Feed("library"), new Feed(""), new Feed("liz") { Enabled = false }]);
        var runner = new RetentionRunner(Root, null!, static (_, _, _) => false);
        RetentionReport report = await runner.RunAsync(() => feeds, feeds.Default!, [TagRule("*")], dryRun: false, null, null, Cancel);

        Assert.Equal(["alpine", "lizard/app", "zoo"], report.Items.Select(static item => item.Repository));
        Assert.Equal(3, report.Repositories);
    }

    [Fact]
    public async Task Age_counts_from_the_last_push_of_the_tag()
    {
        await PushAsync(Repo, "old", "pushed-again");
        Time.Advance(30 * Day);
        await PushAsync(Repo, "pushed-again", "young");

        RetentionRule rule = Rule(static rule => rule.OlderThan = TimeSpan.FromDays(30));
        RetentionReport report = await RunAsync(rule);

        Assert.Equal(["old"], Named(report));
        Assert.Equal("pushed 2025-01-01 12:00:00Z, more than 30.00:00:00 ago", report.Items[0].Reason);
        Time.Advance(30 * Day);
        Assert.Equal(["pushed-again", "young"], Named(await RunAsync(rule)));
    }

    [Fact]
    public async Task A_tag_is_used_by_pulls_of_it_and_of_its_manifest_and_by_being_pushed()
    {
        await BeginCountingAsync();
        await PushAsync(Repo, "by-tag", "by-digest", "never", "pushed-late");
        Time.Advance(20 * Day);
        await PullAsync(Sha256(Bytes("what the tag pointed at then")), "by-tag");
        await PullAsync(TestManifest.ImageOf("by-digest").Digest);
        await PushAsync(Repo, "pushed-late");
        Time.Advance(11 * Day);

        RetentionRule rule = Rule(static rule => rule.NotPulledFor = TimeSpan.FromDays(30));
        RetentionReport report = await RunAsync(rule);

        Assert.Equal(["never"], Named(report));
        Assert.Equal("not pulled since 2025-01-01 12:02:00Z, for more than 30.00:00:00", report.Items[0].Reason);
        Time.Advance(20 * Day);
        Assert.Equal(["by-digest", "by-tag", "pushed-late"], Named(await RunAsync(rule)));
    }

    [Fact]
    public async Task A_tag_that_is_asked_for_and_not_pulled_is_used()
    {
        await BeginCountingAsync();
        await PushAsync(Repo, "asked-for", "never");
        Time.Advance(20 * Day);
        await PullAsync(TestManifest.ImageOf("asked-for").Digest, "asked-for", isPull: false);
        Time.Advance(11 * Day);

        Assert.Equal(["never"], Named(await RunAsync(Rule(static rule => rule.NotPulledFor = TimeSpan.FromDays(30)))));
    }

    [Fact]
    public async Task Nothing_counts_as_unused_from_before_pulls_were_counted()
    {
        await PushAsync(Repo, "a");
        Time.Advance(100 * Day);
        RetentionRule rule = Rule(static rule => rule.NotPulledFor = TimeSpan.FromDays(30));
        Assert.Empty((await RunAsync(rule)).Items);

        await BeginCountingAsync();
        Time.Advance(30 * Day);
        Assert.Empty((await RunAsync(rule)).Items);

        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["a"], Named(await RunAsync(rule)));
    }

    [Fact]
    public async Task The_newest_of_those_that_the_rule_names_are_kept()
    {
        await PushAsync(Repo, "x-3", "x-1", "x-2", "y-1", "y-2");

        RetentionRule rule = TagRule("x-*");
        rule.KeepNewest = 2;
        RetentionReport report = await RunAsync(rule);

        Assert.Equal(["x-3"], Named(report));
        Assert.Equal("matches x-*; not among the 2 newest of the repository by time", report.Items[0].Reason);
    }

    [Fact]
    public async Task The_newest_are_counted_whatever_their_age_and_the_others_go_when_they_are_old()
    {
        await PushAsync(Repo, "a", "b");
        Time.Advance(40 * Day);
        await PushAsync(Repo, "c", "d");

        RetentionReport report = await RunAsync(Rule(static rule =>
        {
            rule.KeepNewest = 1;
            rule.OlderThan = TimeSpan.FromDays(30);
        }));

        Assert.Equal(["b", "a"], Named(report));
        Assert.Equal(["c", "d"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task The_newest_of_each_prefix_are_kept()
    {
        await PushAsync(Repo, "main-1", "main-2", "dev-9", "dev_8", "feature-x-1", "feature-y-1", "plain", "other");

        RetentionReport report = await RunAsync(Rule(static rule =>
        {
            rule.KeepNewest = 1;
            rule.KeepPer = RetentionScope.TagPrefix;
        }));

        Assert.Equal(["dev-9", "main-1", "plain"], Named(report).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_latest_versions_are_kept_and_what_is_no_version_is_not_touched()
    {
        string[] versions = [.. SemanticVersionTests.Ascending.Where(static version => Tag.TryParse(version, out _))];
        await PushAsync(Repo, [.. versions.Reverse(), "latest", "1.2", "v3", "sha-0123abc"]);

        RetentionReport report = await RunAsync(Rule(static rule =>
        {
            rule.KeepNewest = 3;
            rule.KeepBy = RetentionOrder.SemanticVersion;
        }));

        Assert.Equal(versions.SkipLast(3).Reverse(), Named(report));
        Assert.Equal("not among the 3 newest of the repository by version", report.Items[0].Reason);
        Assert.Equal([.. versions.TakeLast(3).Concat(["1.2", "latest", "sha-0123abc", "v3"]).Order(StringComparer.Ordinal)], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task The_latest_versions_of_each_prefix_are_kept()
    {
        await PushAsync(Repo, "api-1.0.0", "api-1.1.0-rc.1", "web-2.0.0", "web-1.0.0", "v1.0.0", "0.9.0_build-7", "api-x");

        RetentionReport report = await RunAsync(Rule(static rule =>
        {
            rule.KeepNewest = 1;
            rule.KeepBy = RetentionOrder.SemanticVersion;
            rule.KeepPer = RetentionScope.TagPrefix;
        }));

        Assert.Equal(["0.9.0_build-7", "api-1.0.0", "web-1.0.0"], Named(report).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Equal_versions_are_ordered_by_time()
    {
        await PushAsync(Repo, "v1.0.0", "1.0.0", "1.0.0_2");

        await RunAsync(Rule(static rule =>
        {
            rule.KeepNewest = 1;
            rule.KeepBy = RetentionOrder.SemanticVersion;
        }));

        Assert.Equal(["1.0.0_2"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task Protected_tags_stay_are_told_of_and_are_among_the_newest()
    {
        await PushAsync(Repo, "a", "b", "c", "d");
        Protected.UnionWith(["b", "d"]);

        RetentionReport report = await RunAsync(Rule(static rule => rule.KeepNewest = 2), TagRule("b", "c"));

        Assert.Equal(["b"], Named(report, RetentionOutcome.Protected));
        Assert.Equal(["c", "a"], Named(report));
        Assert.Equal(1, report.Kept);
        Assert.Equal(["b", "d"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task Nothing_is_cached_from_elsewhere_yet()
    {
        await PushAsync(Repo, "a", "b");
        RetentionRule cached = TagRule("*");
        cached.Origin = ManifestOrigin.Cached;
        RetentionRule own = TagRule("a");
        own.Origin = ManifestOrigin.Own;

        Assert.Equal(["a"], Named(await RunAsync(cached, own)));
    }

    [Fact]
    public async Task The_first_rule_that_names_a_tag_is_told_of_once()
    {
        await PushAsync(Repo, "a", "b");
        RetentionRule first = TagRule("a");
        first.Name = "first";

        RetentionReport report = await RunAsync(first, TagRule("*"));

        Assert.Equal([("a", "first"), ("b", "rule 2")], report.Items.Select(static item => (item.Tag!.Value.Value, item.Rule)));
    }

    [Fact]
    public async Task Manifests_without_tags_go_in_two_runs_when_they_are_old_enough()
    {
        TestManifest old = await Root.PushImageAsync(Repo, "old");
        TestManifest tagged = await Root.PushImageAsync(Repo, "tagged", "a");
        Time.Advance(10 * Day);
        await Root.PushImageAsync(Repo, "young");
        RetentionRule rule = Rule(static rule =>
        {
            rule.Untagged = true;
            rule.OlderThan = TimeSpan.FromDays(7);
        });

        RetentionReport first = await RunAsync(rule);
        RetentionReport early = await RunAsync(rule);
        Time.Advance(Options.GracePeriod);
        RetentionReport second = await RunAsync(rule);

        Assert.Equal([old.Digest.Value], Named(first, RetentionOutcome.Condemned));
        Assert.Equal([old.Digest.Value], Named(early, RetentionOutcome.Condemned));
        Assert.Equal("no tag, index or subject needs it; pushed 2025-01-01 12:00:00Z, more than 7.00:00:00 ago", Assert.Single(first.Items).Reason);
        Assert.Equal([old.Digest.Value], Named(second));
        Assert.Equal((1L, 0L, 0L, 1L), (first.ManifestsCondemned, first.ManifestsRemoved, second.TagsRemoved, second.ManifestsRemoved));
        Assert.Null(await Root.PullAsync(Repo, old));
        Assert.NotNull(await Root.PullAsync(Repo, tagged));
        Assert.NotNull(await Root.PullAsync(Repo, TestManifest.ImageOf("young")));
    }

    [Fact]
    public async Task Manifests_without_tags_are_not_younger_than_the_grace_period()
    {
        await Root.PushImageAsync(Repo, "one");

        Time.Advance(Options.GracePeriod - TimeSpan.FromSeconds(1));
        Assert.Empty((await RunAsync(Rule(static rule => rule.Untagged = true))).Items);
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single((await RunAsync(Rule(static rule => rule.Untagged = true))).Items);
    }

    [Fact]
    public async Task Manifests_without_tags_that_were_pulled_stay()
    {
        await BeginCountingAsync();
        TestManifest pulled = await Root.PushImageAsync(Repo, "pulled");
        TestManifest unused = await Root.PushImageAsync(Repo, "unused");
        Time.Advance(5 * Day);
        await PullAsync(pulled.Digest);
        Time.Advance(2 * Day);

        RetentionReport report = await RunAsync(Rule(static rule =>
        {
            rule.Untagged = true;
            rule.NotPulledFor = TimeSpan.FromDays(6);
        }));

        Assert.Equal([unused.Digest.Value], Named(report, RetentionOutcome.Condemned));
    }
}
