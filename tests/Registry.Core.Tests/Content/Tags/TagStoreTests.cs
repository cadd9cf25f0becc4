using Registry.Content;
using Registry.Content.Catalog;
using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Core.Tests.Model;
using Registry.Core.Tests.Simulation;
using Registry.Model;

namespace Registry.Core.Tests.Content.Tags;

public sealed class TagStoreTests : ContentTest
{
    private async Task<string[]> AllAsync(string? after, int limit)
    {
        var all = new List<string>();
        while (true)
        {
            NamePage page = await Root.Tags.ListAsync(Repo, after, limit, Cancel);
            Assert.InRange(page.Names.Count, 0, limit);
            Assert.True(!page.HasMore || page.Names.Count == limit);
            all.AddRange(page.Names);
            if (!page.HasMore)
            {
                return [.. all];
            }

            after = page.Names[^1];
        }
    }

    private async Task AssertAtRestAsync() => Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));

    // T1, T2, T9
    [Fact]
    public async Task A_repository_without_tags_lists_none()
    {
        Assert.Empty(await Root.TagsAsync(Repo));
        await Root.PushImageAsync(Repo, "one");
        await Root.PushImageAsync(OtherRepo, "one", "elsewhere");
        Assert.Empty(await Root.TagsAsync(Repo));
    }

    // T3
    [Fact]
    public async Task Tags_are_listed_in_byte_order()
    {
        string[] tags = ["a", "A", "B", "_x", "1.10", "1.9", "a-b", "a.b", "a_b", "ab", "a0", "a--", "aA", "0", "z"];
        await Root.PushImageAsync(Repo, "one", tags);

        Assert.Equal(tags.Order(StringComparer.Ordinal), await Root.TagsAsync(Repo));
        await AssertAtRestAsync();
    }

    // T4, T7
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(1_000)]
    [InlineData(int.MaxValue)]
    public async Task Pages_add_up_to_the_whole_list_and_only_the_last_has_no_more(int limit)
    {
        string[] tags = [.. Enumerable.Range(0, 12).Select(static i => $"v{i}")];
        await Root.PushImageAsync(Repo, "one", tags);
        foreach (string tag in tags)
        {
            // A tag that a crash left two names of counts as one.
            await Store.PutAsync(ContentKeys.TagName(Repo, Tag.Parse(tag), Ids.Next()), default, Registry.Storage.PutCondition.None, Cancel);
        }

        Assert.Equal(tags.Order(StringComparer.Ordinal), await AllAsync(null, limit));
    }

    [Fact]
    public async Task A_list_longer_than_a_store_s_page_is_listed_whole()
    {
        await Root.PushImageAsync(Repo, "one");
        string[] tags = [.. Enumerable.Range(0, 2_500).Select(static i => $"v{i}")];
        await Root.PushAsync(Repo, TestManifest.ImageOf("one"), tags);

        Assert.Equal(tags.Order(StringComparer.Ordinal), (await Root.Tags.ListAsync(Repo, null, 100_000, Cancel)).Names);
        Assert.Equal(tags.Order(StringComparer.Ordinal), await AllAsync(null, 1_000));
    }

    // T8
    [Fact]
    public async Task A_list_goes_on_after_any_text_whether_it_is_a_tag_or_not()
    {
        string[] tags = [.. Texts.From(["a", "b", "A", "0", ".", "-", "_"], 4, 400, seed: 1).Where(static text => Tag.TryParse(text, out _)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        await Root.PushImageAsync(Repo, "one", tags);

        string[] strange = ["", "!", "~", "a!", "a!!", "a!~", "/", "a/", "a//", "a//b", "../..", ".", "..", "./x", "a b", " ", "é", "aé", "a\0", "\n", "a\u007f", "%", "a+", "😀", new string('a', 1_000), new string('~', 1_000), new string('/', 1_000)];
        foreach (string after in strange.Concat(Texts.From(["a", "b", "A", "0", ".", "-", "_", "/", "!", "~", " ", "é", "+"], 5, 2_000, seed: 2)))
        {
            IEnumerable<string> expected = tags.Where(tag => string.CompareOrdinal(tag, after) > 0);
            NamePage page = await Root.Tags.ListAsync(Repo, after, 1_000, Cancel);
            Assert.True(expected.SequenceEqual(page.Names), $"after '{after}': {string.Join(' ', page.Names.Except(expected))} too many, {string.Join(' ', expected.Except(page.Names))} missing");
        }
    }

    // E3, E5
    [Fact]
    public async Task Deleting_a_tag_leaves_the_manifest_and_its_other_tags()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "a", "b");

        Assert.True(await Root.Tags.DeleteAsync(Repo, Tag.Parse("a"), Cancel));

        Assert.Null(await Root.Tags.FindAsync(Repo, Tag.Parse("a"), Cancel));
        Assert.Null(await Root.PullAsync(Repo, "a"));
        Assert.Equal(image.Digest, (await Root.Tags.FindAsync(Repo, Tag.Parse("b"), Cancel))?.Digest);
        Assert.NotNull(await Root.PullAsync(Repo, image));
        Assert.Equal(["b"], await Root.TagsAsync(Repo));
        Assert.False(await Root.Tags.DeleteAsync(Repo, Tag.Parse("a"), Cancel));
        Assert.False(await Root.Tags.DeleteAsync(Repo, Tag.Parse("A"), Cancel));
        Assert.False(await Root.Tags.DeleteAsync(OtherRepo, Tag.Parse("b"), Cancel));
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task A_deleted_tag_can_be_pushed_again_and_again()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        for (int i = 0; i < 4; i++)
        {
            await Root.PushAsync(Repo, image, "a");
            Assert.Equal(["a"], await Root.TagsAsync(Repo));
            await AssertAtRestAsync();
            Assert.True(await Root.Tags.DeleteAsync(Repo, Tag.Parse("a"), Cancel));
            Assert.Empty(await Root.TagsAsync(Repo));
            await AssertAtRestAsync();
        }
    }

    [Fact]
    public async Task Concurrent_moves_leave_one_of_the_places_that_were_written()
    {
        ContentRoot[] nodes = [Root, Node()];
        TestManifest[] images = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Root.PushImageAsync(Repo, $"{i}")));

        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(() => nodes[i % 2].PushAsync(Repo, images[i % 6], "latest"), Cancel)));

        Assert.Contains((await Root.Tags.FindAsync(Repo, Tag.Parse("latest"), Cancel))?.Digest, images.Select(static image => (Digest?)image.Digest));
        Assert.Equal(["latest"], await Root.TagsAsync(Repo));
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task Concurrent_moves_and_deletions_leave_a_tag_that_is_there_and_listed_or_neither()
    {
        ContentRoot[] nodes = [Root, Node()];
        TestManifest[] images = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => Root.PushImageAsync(Repo, $"{i}")));
        for (int round = 0; round < 20; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(
                async () =>
                {
                    if (i % 3 == 0)
                    {
                        await nodes[i % 2].Tags.DeleteAsync(Repo, Tag.Parse("latest"), Cancel);
                    }
                    else
                    {
                        await nodes[i % 2].PushAsync(Repo, images[i % 3], "latest");
                    }
                },
                Cancel)));

            bool there = await Root.Tags.FindAsync(Repo, Tag.Parse("latest"), Cancel) is not null;
            Assert.Equal(there ? ["latest"] : [], await Root.TagsAsync(Repo));
            await AssertAtRestAsync();
        }
    }

    [Fact]
    public async Task A_reader_never_misses_a_tag_that_is_moved()
    {
        TestManifest[] images = [await Root.PushImageAsync(Repo, "one", "latest"), await Root.PushImageAsync(Repo, "two", "latest")];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        ContentRoot other = Node();
        Task moving = Task.Run(
            async () =>
            {
                for (int i = 0; i < 500; i++)
                {
                    await other.PushAsync(Repo, images[i % 2], "latest");
                }

                await stop.CancelAsync();
            },
            Cancel);

        int reads = 0;
        do
        {
            Assert.NotNull(await Root.PullAsync(Repo, "latest"));
            Assert.Equal(["latest"], await Root.TagsAsync(Repo));
            reads++;
        }
        while (!stop.IsCancellationRequested);

        await moving;
        Assert.InRange(reads, 1, int.MaxValue);
        await AssertAtRestAsync();
    }

    [Fact]
    public async Task A_client_that_leaves_while_a_tag_is_written_leaves_it_listed_if_it_is_there_and_not_if_it_is_not()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one");
        foreach (bool delete in new[] { false, true })
        {
            for (int step = 1; ; step++)
            {
                if (delete)
                {
                    await Root.PushAsync(Repo, image, "a");
                }

                using var left = new CancellationTokenSource();
                var store = new HookedStore(Store);
                int calls = 0;
                store.After = async _ =>
                {
                    if (++calls == step)
                    {
                        await left.CancelAsync();
                    }
                };
                Exception? stopped = await Record.ExceptionAsync(async () =>
                {
                    if (delete)
                    {
                        await Node(store).Tags.DeleteAsync(Repo, Tag.Parse("a"), left.Token);
                    }
                    else
                    {
                        TagPush tags = Node(store).TagPushes;
                        TagWay way = await tags.LayWayAsync(Repo, Tag.Parse("a"), image.Digest, left.Token);
                        await tags.PointAsync(Repo, way, "g", new Pointing([way.Tag]), before: null, left.Token);
                    }
                });

                bool there = await Root.Tags.FindAsync(Repo, Tag.Parse("a"), Cancel) is not null;
                Assert.Equal(there ? ["a"] : [], await Root.TagsAsync(Repo));
                await Root.Tags.DeleteAsync(Repo, Tag.Parse("a"), Cancel);
                if (stopped is null && !left.IsCancellationRequested)
                {
                    break;
                }
            }
        }
    }

    [Fact]
    public async Task A_record_says_where_the_tag_points_and_since_when()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "one", "a");

        TagRecord record = (await Records.ReadAsync<TagRecord>(ContentKeys.Tag(Repo, Tag.Parse("a")), Cancel))!.Record;

        Assert.Equal((image.Digest.Value, Time.GetUtcNow()), (record.Digest, record.Updated));
        Assert.Equal((await ManifestRecordAsync(Repo, image.Digest))!.Record.Generation, record.ManifestGeneration);
    }

    [Fact]
    public async Task A_tag_that_was_pushed_since_it_was_read_is_not_deleted()
    {
        Tag tag = Tag.Parse("a");
        TestManifest image = await Root.PushImageAsync(Repo, "one", "a");
        string before = (await Records.ReadAsync<TagRecord>(ContentKeys.Tag(Repo, tag), Cancel))!.Record.Generation;
        await Root.PushAsync(Repo, image, "a");
        string now = (await Records.ReadAsync<TagRecord>(ContentKeys.Tag(Repo, tag), Cancel))!.Record.Generation;

        Assert.False(await Root.Tags.DeleteUnchangedAsync(Repo, tag, before, ChangedBy.Retention, Cancel));
        Assert.Equal(["a"], await Root.TagsAsync(Repo));
        Assert.True(await Root.Tags.DeleteUnchangedAsync(Repo, tag, now, ChangedBy.Retention, Cancel));
        Assert.False(await Root.Tags.DeleteUnchangedAsync(Repo, tag, now, ChangedBy.Retention, Cancel));
        Assert.Empty(await Root.TagsAsync(Repo));
        await AssertAtRestAsync();
    }
}
