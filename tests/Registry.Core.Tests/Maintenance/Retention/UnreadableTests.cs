using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Feeds;
using Registry.Maintenance.Retention;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Retention;

/// <summary>Rules in a repository with things that cannot be read. Each blob has 7 bytes: an image has two of its own, and all share a third.</summary>
public sealed class UnreadableTests : RetentionTest
{
    private static RetentionRule Above(long bytes) => Rule(rule => rule.TotalBytesAbove = bytes);

    private async Task SpoilTagAsync(string tag) => await Store.PutAsync(ContentKeys.Tag(Repo, Tag.Parse(tag)), Bytes("{\"digest\":"), PutCondition.None, Cancel);

    private async Task SpoilManifestAsync(Digest digest)
    {
        Versioned<ManifestRecord> found = (await ManifestRecordAsync(Repo, digest))!;
        Assert.True((await Records.PutAsync(ContentKeys.Manifest(Repo, digest), found.Record with { Content = Bytes("{\"schemaVersion\":1}") }, found, Cancel)).Won);
    }

    [Fact]
    public async Task A_tag_that_cannot_be_read_is_told_of_and_stays_and_the_others_go()
    {
        await PushAsync(Repo, "a", "pr-1", "pr-2", "pr-3");
        await SpoilTagAsync("pr-2");

        RetentionReport report = await RunAsync(TagRule("x"), TagRule("pr-*"));

        Assert.Equal(["pr-1", "pr-3"], Named(report));
        RetentionItem failed = Assert.Single(report.Items, static item => item.Outcome == RetentionOutcome.Failed);
        Assert.Equal(("pr-2", null, "rule 2", "it cannot be read"), (failed.Tag?.Value, failed.Digest, failed.Rule, failed.Reason));
        Assert.Contains("cannot be read", failed.Error, StringComparison.Ordinal);
        Assert.Equal((null, 1L, 3L), (report.StoppedBecause, report.Failures, report.TagsSeen));
    }

    [Fact]
    public async Task A_tag_that_cannot_be_read_is_none_of_the_newest()
    {
        await PushAsync(Repo, "a", "b", "c", "d");
        await SpoilTagAsync("d");

        RetentionReport report = await RunAsync(Rule(static rule => rule.KeepNewest = 2));

        Assert.Equal(["a"], Named(report));
        Assert.Equal(["d"], Named(report, RetentionOutcome.Failed));
    }

    [Fact]
    public async Task No_tag_goes_for_its_size_beside_one_that_cannot_be_read()
    {
        await PushAsync(Repo, "a", "b", "pr-1", "c");
        await SpoilTagAsync("c");

        RetentionReport report = await RunAsync(Above(0), TagRule("pr-*"));

        Assert.Equal(["pr-1"], Named(report));
        Assert.Equal(
            [("c", "it cannot be read"), (null, "a tag of the repository cannot be read")],
            report.Items.Where(static item => item.Outcome == RetentionOutcome.Failed).Select(static item => (item.Tag?.Value, item.Reason)));
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_read_keeps_its_tags_and_the_rules_after_it_are_carried_out()
    {
        await PushAsync(Repo, "a", "b", "c", "d");
        Digest broken = TestManifest.ImageOf("b").Digest;
        await SpoilManifestAsync(broken);

        // Three images are counted: 49 bytes.
        RetentionReport none = await RunAsync(Above(49));
        RetentionReport report = await RunAsync(Above(35), Rule(static rule => rule.KeepNewest = 2));

        Assert.Equal([broken.Value], Named(none, RetentionOutcome.Failed));
        Assert.Empty(Named(none));
        Assert.Equal(["a", "b"], Named(report));
        Assert.Equal(["rule 1", "rule 2"], report.Items.Where(static item => item.Outcome == RetentionOutcome.Removed).Select(static item => item.Rule));
        Assert.Equal([broken.Value], Named(report, RetentionOutcome.Failed));
    }

    [Fact]
    public async Task A_child_that_cannot_be_read_counts_nothing()
    {
        await PushAsync(Repo, "a");
        TestManifest child = await Root.PushImageAsync(Repo, "child");
        await Root.PushAsync(Repo, TestManifest.Index([child.Digest]), "index");
        await SpoilManifestAsync(child.Digest);

        Assert.Empty(Named(await RunAsync(Above(21))));
        Assert.Equal(["a"], Named(await RunAsync(Above(20))));
    }

    [Fact]
    public async Task A_tag_that_keeps_many_manifests_from_going_keeps_neither_tags_nor_other_repositories_from_it()
    {
        RetentionRule untagged = Rule(static rule => rule.Untagged = true);
        await PushAsync(Repo, "a", "pr-1");
        TestManifest other = await Root.PushImageAsync(OtherRepo, "other");
        for (int i = 0; i < 30; i++)
        {
            await Root.PushImageAsync(Repo, $"untagged {i}");
        }

        Time.Advance(2 * Day);
        await RunAsync(untagged);
        await SpoilTagAsync("a");
        Time.Advance(2 * Day);

        RetentionReport report = await RunAsync(untagged, TagRule("pr-*"));

        Assert.Equal(["pr-1", other.Digest.Value], Named(report));
        Assert.Equal((null, 1L, 30L + 1), (report.StoppedBecause, report.ManifestsRemoved, report.Failures));
    }

    [Fact]
    public async Task Many_manifests_that_cannot_be_read_keep_nothing_else_from_going()
    {
        await PushAsync(Repo, "pr-1");
        TestManifest sound = await Root.PushImageAsync(Repo, "sound");
        for (int i = 0; i < 60; i++)
        {
            await Store.PutAsync(ContentKeys.Manifest(Repo, Sha256(BitConverter.GetBytes(i))), Bytes("{\"state\":"), PutCondition.None, Cancel);
        }

        Time.Advance(2 * Day);

        RetentionReport report = await RunAsync(Rule(static rule => rule.Untagged = true), TagRule("pr-*"));

        Assert.Equal([sound.Digest.Value], Named(report, RetentionOutcome.Condemned));
        Assert.Equal(["pr-1"], Named(report));
        Assert.Equal((null, 60L), (report.StoppedBecause, report.Failures));
    }

    [Fact]
    public async Task A_run_goes_on_though_many_cannot_be_read_and_ends_where_none_can()
    {
        string[] broken = [.. Enumerable.Range(0, 30).Select(static i => $"v{i}")];
        await PushAsync(Repo, [.. broken, "w"]);
        await PushAsync(OtherRepo, "x");
        foreach (string tag in broken)
        {
            await SpoilTagAsync(tag);
        }

        RetentionReport some = await RunAsync(TagRule("*"));
        RetentionReport none = await RunAsync(TagRule("*"));

        Assert.Equal(["w", "x"], Named(some));
        Assert.Equal((null, 30L), (some.StoppedBecause, some.Failures));
        Assert.Equal("Too much could not be read, one after another.", none.StoppedBecause);
    }
}
