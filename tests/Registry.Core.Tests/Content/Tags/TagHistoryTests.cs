using Registry.Content;
using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Content.Tags;

public sealed class TagHistoryTests : ContentTest
{
    private static readonly Tag Latest = Tag.Parse("latest");

    private static readonly TestManifest One = TestManifest.ImageOf("one");
    private static readonly TestManifest Two = TestManifest.ImageOf("two");

    private static Pointing By(string? user) => Pushing.Pointing("latest") with { By = new ChangedBy(user) };

    private async Task<(Digest? From, Digest? To, string? By)[]> HistoryAsync() =>
        [.. (await Root.Tags.ReadHistoryAsync(Repo, Latest, Cancel)).Select(static entry => (entry.From, entry.To, entry.By))];

    private async Task ArrangeAsync()
    {
        await Root.PushImageAsync(Repo, "one");
        await Root.PushImageAsync(Repo, "two");
    }

    [Fact]
    public async Task Who_moved_a_tag_when_from_where_to_where_is_told_the_newest_first()
    {
        await ArrangeAsync();
        DateTimeOffset start = Time.GetUtcNow();
        await Root.PushAsync(Repo, One, By("alice"));
        Time.Advance(TimeSpan.FromHours(1));
        await Root.PushAsync(Repo, Two, By("bob"));
        Time.Advance(TimeSpan.FromHours(1));
        await Root.Tags.DeleteAsync(Repo, Latest, TagGuard.None, new ChangedBy("carol"), Cancel);
        Time.Advance(TimeSpan.FromHours(1));
        await Root.PushAsync(Repo, One, By(null));
        Time.Advance(TimeSpan.FromHours(1));
        await Root.Tags.DeleteAsync(Repo, Latest, TagGuard.None, new ChangedBy(null, "retention"), Cancel);

        Assert.Equal(
            [
                new TagHistoryEntry(start.AddHours(4), One.Digest, null, null, "retention"),
                new TagHistoryEntry(start.AddHours(3), null, One.Digest, null, null),
                new TagHistoryEntry(start.AddHours(2), Two.Digest, null, "carol", null),
                new TagHistoryEntry(start.AddHours(1), One.Digest, Two.Digest, "bob", null),
                new TagHistoryEntry(start, null, One.Digest, "alice", null),
            ],
            await Root.Tags.ReadHistoryAsync(Repo, Latest, Cancel));
        Assert.Empty(await Root.Tags.ReadHistoryAsync(Repo, Tag.Parse("other"), Cancel));
        Assert.Empty(await Root.Tags.ReadHistoryAsync(OtherRepo, Latest, Cancel));
    }

    [Fact]
    public async Task A_push_of_the_same_manifest_is_no_move()
    {
        await ArrangeAsync();
        await Root.PushAsync(Repo, One, By("alice"));
        await Root.PushAsync(Repo, One, By("bob"));

        Assert.Equal([(null, One.Digest, "alice")], await HistoryAsync());
    }

    [Fact]
    public async Task A_deletion_of_the_manifest_is_one_of_its_tags()
    {
        await ArrangeAsync();
        await Root.PushAsync(Repo, One, By("alice"));
        await Root.Manifests.DeleteAsync(Repo, One.Digest, TagGuard.None, new ChangedBy("bob"), Cancel);

        Assert.Equal([(One.Digest, null, "bob"), (null, One.Digest, "alice")], await HistoryAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public async Task As_many_moves_are_kept_as_the_registry_says(int length)
    {
        Options.TagHistoryLength = length;
        await ArrangeAsync();
        for (int i = 0; i < 30; i++)
        {
            await Root.PushAsync(Repo, i % 2 == 0 ? One : Two, By($"{i}"));
        }

        (Digest? From, Digest? To, string? By)[] history = await HistoryAsync();

        Assert.Equal(Enumerable.Range(0, length).Select(static i => $"{29 - i}"), history.Select(static entry => entry.By));
        Assert.All(history, static entry => Assert.Equal(int.Parse(entry.By!, System.Globalization.CultureInfo.InvariantCulture) % 2 == 0 ? (Two.Digest, One.Digest) : (One.Digest, Two.Digest), (entry.From, entry.To)));
    }

    [Fact]
    public async Task A_shorter_limit_holds_from_the_next_move_on()
    {
        await ArrangeAsync();
        await Root.PushAsync(Repo, One, By("1"));
        await Root.PushAsync(Repo, Two, By("2"));
        await Root.PushAsync(Repo, One, By("3"));
        Options.TagHistoryLength = 2;
        await Root.PushAsync(Repo, Two, By("4"));

        Assert.Equal([(One.Digest, Two.Digest, "4"), (Two.Digest, One.Digest, "3")], await HistoryAsync());
    }

    [Fact]
    public async Task A_record_from_before_there_were_histories_is_read_and_begins_one()
    {
        await ArrangeAsync();
        await Root.PushAsync(Repo, One, "latest");
        string key = ContentKeys.Tag(Repo, Latest);
        TagRecord now = (await Records.ReadAsync<TagRecord>(key, Cancel))!.Record;
        string old = $$"""
            {"nonce":"{{now.Nonce}}","digest":"{{One.Digest}}","manifestGeneration":"{{now.ManifestGeneration}}","generation":"{{now.Generation}}","listed":"{{now.Listed}}","updated":"2024-01-01T00:00:00+00:00"}
            """;
        await Store.PutAsync(key, Bytes(old), PutCondition.None, Cancel);

        Assert.Empty(await HistoryAsync());
        Assert.Equal(One.Digest, (await Root.Tags.FindAsync(Repo, Latest, Cancel))?.Digest);
        await Root.PushAsync(Repo, Two, By("alice"));
        Assert.Equal([(One.Digest, Two.Digest, "alice")], await HistoryAsync());
    }

    [Fact]
    public async Task A_very_long_name_is_cut()
    {
        await ArrangeAsync();
        await Root.PushAsync(Repo, One, By(new string('a', 10_000)));

        Assert.Equal(new string('a', 256), Assert.Single(await HistoryAsync()).By);
    }

    [Fact]
    public async Task Concurrent_moves_are_told_in_the_order_in_which_they_happened()
    {
        await ArrangeAsync();
        ContentRoot[] nodes = [Root, Node()];

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => nodes[i % 2].PushAsync(Repo, i < 10 ? One : Two, By($"{i}")), Cancel)));

        (Digest? From, Digest? To, string? By)[] history = await HistoryAsync();
        Assert.Equal((await Root.Tags.FindAsync(Repo, Latest, Cancel))?.Digest, history[0].To);
        Assert.Null(history[^1].From);
        Assert.All(history, static entry => Assert.NotEqual(entry.From, entry.To));
        Assert.All(history.Zip(history.Skip(1)), static pair => Assert.Equal(pair.First.From, pair.Second.To));
    }

    [Fact]
    public async Task A_push_that_stopped_anywhere_and_is_done_again_is_one_move() => await CrashEverywhereAsync(
        async root =>
        {
            await root.PushImageAsync(Repo, "one", "latest");
            await root.PushImageAsync(Repo, "two");
        },
        root => root.PushAsync(Repo, Two, By("alice")),
        async (root, _) => Assert.Equal(
            [(One.Digest, Two.Digest), (null, One.Digest)],
            (await root.Tags.ReadHistoryAsync(Repo, Latest, Cancel)).Select(static entry => (entry.From, entry.To))));

    [Fact]
    public async Task A_repository_that_is_erased_leaves_no_history_wherever_the_erasing_stopped() => await CrashEverywhereAsync(
        async root =>
        {
            await root.PushImageAsync(Repo, "one", "latest", "deleted");
            await root.Tags.DeleteAsync(Repo, Tag.Parse("deleted"), Cancel);
        },
        async root => await root.Eraser.EraseAllAsync("library/", Cancel),
        async (root, _) =>
        {
            Assert.Empty(await root.TagsAsync(Repo));
            Assert.Empty(await root.Tags.ReadHistoryAsync(Repo, Latest, Cancel));
            Assert.Empty(await root.Tags.ReadHistoryAsync(Repo, Tag.Parse("deleted"), Cancel));
            Assert.Empty((await root.Catalog.ListAsync("", null, 10, Cancel)).Names);
        });
}
