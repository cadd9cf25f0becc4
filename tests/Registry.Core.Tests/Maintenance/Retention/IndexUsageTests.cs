using Registry.Content;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Feeds;
using Registry.Maintenance.Retention;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Retention;

/// <summary>Rules on pulls, where clients pull what an index names and not the index.</summary>
public sealed class IndexUsageTests : RetentionTest
{
    private static RetentionRule Unused(Action<RetentionRule>? set = null) => Rule(rule =>
    {
        rule.NotPulledFor = TimeSpan.FromDays(30);
        set?.Invoke(rule);
    });

    private Task<TestManifest> PushIndexAsync(string tag, Digest child) => PushIndexAsync(tag, MediaTypes.OciManifest, child);

    private async Task<TestManifest> PushIndexAsync(string tag, string typeOfChild, Digest child)
    {
        TestManifest index = TestManifest.Index([child], $$""","annotations":{"of":"{{tag}}"}""", typeOfChild);
        await Root.PushAsync(Repo, index, tag);
        Time.Advance(TimeSpan.FromMinutes(1));
        return index;
    }

    [Fact]
    public async Task An_index_is_used_by_pulls_of_its_children_however_deep_they_are()
    {
        await BeginCountingAsync();
        TestManifest one = await Root.PushImageAsync(Repo, "one");
        TestManifest two = await Root.PushImageAsync(Repo, "two");
        TestManifest inner = await PushIndexAsync("inner", one.Digest);
        await PushIndexAsync("outer", MediaTypes.OciIndex, inner.Digest);
        await PushIndexAsync("unused", two.Digest);
        Time.Advance(20 * Day);
        await PullAsync(one.Digest);
        Time.Advance(11 * Day);

        RetentionReport report = await RunAsync(Unused());

        Assert.Equal(["unused"], Named(report));
        Assert.Equal(["inner", "outer"], await Root.TagsAsync(Repo));
        Time.Advance(20 * Day);
        report = await RunAsync(Unused());
        Assert.Equal(["inner", "outer"], Named(report));
        Assert.Equal("not pulled since 2025-01-21 12:03:00Z, for more than 30.00:00:00", report.Items[0].Reason);
    }

    [Fact]
    public async Task An_index_that_a_child_keeps_may_be_named_by_a_rule_that_does_not_ask_for_pulls()
    {
        await BeginCountingAsync();
        TestManifest child = await Root.PushImageAsync(Repo, "child");
        await PushIndexAsync("a", child.Digest);
        Time.Advance(31 * Day);
        await PullAsync(child.Digest);

        RetentionReport report = await RunAsync(Unused(), TagRule("a"));

        Assert.Equal("rule 2", Assert.Single(report.Items).Rule);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rules_that_compare_tags_leave_an_index_whose_child_is_used(bool bySize)
    {
        await BeginCountingAsync();
        TestManifest used = await Root.PushImageAsync(Repo, "used");
        TestManifest unused = await Root.PushImageAsync(Repo, "unused");
        await PushIndexAsync("a", used.Digest);
        await PushIndexAsync("b", unused.Digest);
        await PushAsync(Repo, "c");
        Time.Advance(20 * Day);
        await PullAsync(used.Digest);
        Time.Advance(11 * Day);

        RetentionReport report = await RunAsync(Unused(rule =>
        {
            rule.KeepNewest = 1;
            rule.TotalBytesAbove = bySize ? 0 : null;
        }));

        Assert.Equal(["b"], Named(report));
    }

    [Fact]
    public async Task An_index_without_tags_is_used_by_pulls_of_its_children()
    {
        await BeginCountingAsync();
        TestManifest child = await Root.PushImageAsync(Repo, "child");
        TestManifest index = TestManifest.Index([child.Digest]);
        await Root.PushAsync(Repo, index);
        Time.Advance(20 * Day);
        await PullAsync(child.Digest);
        Time.Advance(11 * Day);
        RetentionRule rule = Unused(static rule => rule.Untagged = true);

        Assert.Empty((await RunAsync(rule)).Items);

        Time.Advance(20 * Day);
        Assert.Equal([index.Digest.Value], Named(await RunAsync(rule), RetentionOutcome.Condemned));
    }

    [Fact]
    public async Task Manifests_are_read_of_those_alone_that_the_rule_would_name()
    {
        await BeginCountingAsync();
        await PushAsync(Repo, "old");
        Time.Advance(31 * Day);
        await PushAsync(Repo, "new");
        var store = new HookedStore(Store.Share());
        using ContentRoot node = Node(store);
        var read = new List<string>();
        store.Before = call =>
        {
            if (call.Operation == StoreOperation.Get && call.Key.StartsWith(ContentKeys.Manifests(Repo), StringComparison.Ordinal))
            {
                read.Add(call.Key);
            }

            return ValueTask.CompletedTask;
        };

        RetentionReport report = await RunAsync(node, dryRun: true, null, Unused());

        Assert.Equal(["old"], Named(report));
        Assert.Equal([ContentKeys.Manifest(Repo, TestManifest.ImageOf("old").Digest)], read);
    }

    [Fact]
    public async Task A_tag_that_is_pulled_while_manifests_without_tags_are_gone_through_stays()
    {
        await BeginCountingAsync();
        await PushAsync(Repo, "a", "b");
        Time.Advance(31 * Day);
        var store = new HookedStore(Store.Share());
        using ContentRoot node = Node(store);
        store.OnceBefore(static call => call.Is(StoreOperation.List, ContentKeys.Manifests(Repo)), async () => await PullAsync(TestManifest.ImageOf("a").Digest, "a"));

        RetentionReport report = await RunAsync(node, dryRun: false, null, Rule(static rule => rule.Untagged = true), Unused());

        Assert.Equal(["b"], Named(report));
        Assert.Equal(["a"], await Root.TagsAsync(Repo));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tag_that_is_used_after_it_was_looked_at_stays(bool ranks)
    {
        await BeginCountingAsync();
        TestManifest child = await Root.PushImageAsync(Repo, "child");
        await PushIndexAsync("a", child.Digest);
        await PushAsync(Repo, "b", "c", "d");
        Time.Advance(31 * Day);
        var store = new HookedStore(Store.Share());
        using ContentRoot node = Node(store);
        store.OnceAfter(static call => call.Is(StoreOperation.Get, ContentKeys.Tag(Repo, Tag.Parse("d"))), async () =>
        {
            Time.Advance(TimeSpan.FromMinutes(2));
            await PullAsync(child.Digest);
            await PullAsync(TestManifest.ImageOf("b").Digest);
        });

        RetentionReport report = await RunAsync(node, dryRun: false, null, Unused(rule => rule.KeepNewest = ranks ? 1 : null));

        Assert.Equal(ranks ? ["c"] : ["c", "d"], Named(report));
        Assert.Equal(ranks ? [] : ["a", "b"], Named(report, RetentionOutcome.Changed));
        Assert.Equal(ranks ? ["a", "b", "d"] : ["a", "b"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task A_manifest_without_tags_that_is_pulled_after_it_was_looked_at_stays()
    {
        await BeginCountingAsync();
        TestManifest used = await Root.PushImageAsync(Repo, "used");
        TestManifest unused = await Root.PushImageAsync(Repo, "unused");
        RetentionRule rule = Unused(static rule => rule.Untagged = true);
        Time.Advance(31 * Day);
        Assert.Equal(2, (await RunAsync(rule)).ManifestsCondemned);
        Time.Advance(2 * Day);
        var store = new HookedStore(Store.Share());
        using ContentRoot node = Node(store);
        store.OnceAfter(call => call.Is(StoreOperation.Get, ContentKeys.Manifest(Repo, used.Digest)), async () =>
        {
            Time.Advance(TimeSpan.FromMinutes(2));
            await PullAsync(used.Digest);
        });

        RetentionReport report = await RunAsync(node, dryRun: false, null, rule);

        Assert.Equal([unused.Digest.Value], Named(report));
        Assert.NotNull(await Root.PullAsync(Repo, used));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manifest_that_cannot_be_read_keeps_its_tag(bool ranks)
    {
        await BeginCountingAsync();
        await PushAsync(Repo, "a", "b", "c");
        Digest broken = TestManifest.ImageOf("b").Digest;
        await Store.PutAsync(ContentKeys.Manifest(Repo, broken), Bytes("{\"state\":"), PutCondition.None, Cancel);
        Time.Advance(31 * Day);

        RetentionReport report = await RunAsync(Unused(rule => rule.KeepNewest = ranks ? 1 : null));

        Assert.Equal(ranks ? ["a"] : ["a", "c"], Named(report));
        RetentionItem failed = Assert.Single(report.Items, static item => item.Outcome == RetentionOutcome.Failed);
        Assert.Equal(("b", broken, "its manifest cannot be read"), (failed.Tag?.Value, failed.Digest, failed.Reason));
    }

    [Fact]
    public async Task An_index_of_too_many_indexes_counts_as_used()
    {
        await BeginCountingAsync();
        TestManifest manifest = await Root.PushImageAsync(Repo, "one");
        for (int i = 0; i < 65; i++)
        {
            manifest = TestManifest.Index([manifest.Digest], $$""","annotations":{"depth":"{{i}}"}""", i == 0 ? MediaTypes.OciManifest : MediaTypes.OciIndex);
            await Root.PushAsync(Repo, manifest, i == 63 ? "deep" : "too-deep");
        }

        Time.Advance(31 * Day);

        Assert.Equal(["deep"], Named(await RunAsync(Unused())));
    }
}
