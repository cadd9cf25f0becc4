using Registry.Core.Tests.Content;
using Registry.Feeds;
using Registry.Maintenance.Retention;

namespace Registry.Core.Tests.Maintenance.Retention;

/// <summary>Rules on how much the tags of a repository take. The manifests of these tests give each blob 7 bytes: an image has two of its own, and all share a third.</summary>
public sealed class RetentionSizeTests : RetentionTest
{
    private static RetentionRule Above(long bytes) => Rule(rule => rule.TotalBytesAbove = bytes);

    [Fact]
    public async Task The_oldest_go_until_the_rest_takes_no_more()
    {
        await PushAsync(Repo, "d", "a", "c", "b");
        Assert.Empty((await RunAsync(Above(63))).Items);

        RetentionReport report = await RunAsync(Above(40));

        Assert.Equal(["d", "a"], Named(report));
        Assert.Equal(
            ["the tags of the repository take 63 bytes, more than 40", "the tags of the repository take 49 bytes, more than 40"],
            report.Items.Select(static item => item.Reason));

        // The manifests are there still, and nothing more goes for it.
        Assert.Empty((await RunAsync(Above(40))).Items);
        Assert.Equal(["b", "c"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task A_manifest_with_a_newer_tag_is_as_new_as_that_and_goes_with_all_its_tags()
    {
        await PushAsync(Repo, "a", "b");
        await Root.PushAsync(Repo, TestManifest.ImageOf("a"), "a-again");

        Assert.Equal(["b"], Named(await RunAsync(Above(34))));
        Assert.Equal(["a", "a-again"], Named(await RunAsync(Above(20))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_manifest_that_another_tag_keeps_does_not_go()
    {
        await PushAsync(Repo, "a", "b");
        await Root.PushAsync(Repo, TestManifest.ImageOf("a"), "kept");
        Protected.Add("kept");

        Assert.Equal(["b"], Named(await RunAsync(Above(0))));
        Assert.Equal(["a", "kept"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task The_newest_are_kept_however_much_they_take()
    {
        await PushAsync(Repo, "a", "b", "c");

        RetentionReport report = await RunAsync(Rule(static rule =>
        {
            rule.TotalBytesAbove = 0;
            rule.KeepNewest = 2;
        }));

        Assert.Equal(["a"], Named(report));
        Assert.Equal("not among the 2 newest of the repository by time; the tags of the repository take 49 bytes, more than 0", report.Items[0].Reason);
    }

    [Fact]
    public async Task The_children_of_an_index_count_once_however_many_lead_to_them()
    {
        TestManifest one = await Root.PushImageAsync(Repo, "one");
        TestManifest two = await Root.PushImageAsync(Repo, "two");
        TestManifest inner = TestManifest.Index([one.Digest, two.Digest]);
        await Root.PushAsync(Repo, inner);
        await Root.PushAsync(Repo, TestManifest.Index([inner.Digest, one.Digest]), "index");
        Time.Advance(Day);
        await Root.PushAsync(Repo, one, "one");
        await Root.PushImageAsync(Repo, "untagged");

        Assert.Empty((await RunAsync(Above(35))).Items);
        Assert.Equal(["index"], Named(await RunAsync(Above(34))));

        // What is left is the image of one tag.
        Assert.Empty((await RunAsync(Above(21))).Items);
        Assert.Equal(["one"], Named(await RunAsync(Above(20))));
    }

    [Fact]
    public async Task What_an_earlier_rule_removes_does_not_count()
    {
        await PushAsync(Repo, "a", "pr-1", "b");

        RetentionReport report = await RunAsync(TagRule("pr-*"), Above(35));

        Assert.Equal(["pr-1"], Named(report));
    }

    [Fact]
    public async Task Indexes_that_name_indexes_in_a_long_chain_do_no_harm()
    {
        TestManifest manifest = await Root.PushImageAsync(Repo, "one");
        for (int i = 0; i < 500; i++)
        {
            manifest = TestManifest.Index([manifest.Digest], $$""","annotations":{"depth":"{{i}}"}""");
            await Root.PushAsync(Repo, manifest);
        }

        await Root.PushAsync(Repo, manifest, "deep");

        Assert.Empty((await RunAsync(Above(21))).Items);
        Assert.Equal(["deep"], Named(await RunAsync(Above(20))));
    }
}
