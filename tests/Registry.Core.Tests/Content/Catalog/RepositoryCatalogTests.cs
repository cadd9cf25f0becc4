using Registry.Content;
using Registry.Content.Catalog;
using Registry.Core.Tests.Model;
using Registry.Core.Tests.Simulation;
using Registry.Model;

namespace Registry.Core.Tests.Content.Catalog;

public sealed class RepositoryCatalogTests : ContentTest
{
    private async Task AddAsync(params string[] names)
    {
        foreach (string name in names)
        {
            await Root.Catalog.AddAsync(RepositoryName.Parse(name), Cancel);
        }
    }

    private async Task<string[]> AllAsync(string? after, int limit)
    {
        var all = new List<string>();
        while (true)
        {
            NamePage page = await Root.Catalog.ListAsync("", after, limit, Cancel);
            Assert.InRange(page.Names.Count, 0, limit);
            all.AddRange(page.Names);
            if (!page.HasMore)
            {
                return [.. all];
            }

            Assert.NotEmpty(page.Names);
            after = page.Names[^1];
        }
    }

    [Fact]
    public async Task A_repository_exists_after_it_was_added()
    {
        Assert.False(await Root.Catalog.ExistsAsync(Repo, Cancel));

        await Root.Catalog.AddAsync(Repo, Cancel);
        await Root.Catalog.AddAsync(Repo, Cancel);

        Assert.True(await Root.Catalog.ExistsAsync(Repo, Cancel));
        Assert.True(await Node().Catalog.ExistsAsync(Repo, Cancel));
        Assert.False(await Root.Catalog.ExistsAsync(RepositoryName.Parse("library"), Cancel));
        Assert.False(await Root.Catalog.ExistsAsync(OtherRepo, Cancel));
        Assert.Equal([Repo.Value], (await Root.Catalog.ListAsync("", null, 10, Cancel)).Names);
    }

    // T11, T12
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(1_000)]
    [InlineData(int.MaxValue)]
    public async Task Names_are_listed_once_in_byte_order_on_pages_of_any_size(int limit)
    {
        string[] names = ["a", "a/b", "a-b", "a.b", "a_b", "a0", "ab", "a/manifests", "b", "a/b/c"];
        await AddAsync(names);

        Assert.Equal(names.Order(StringComparer.Ordinal), await AllAsync(null, limit));
    }

    [Fact]
    public async Task A_list_longer_than_a_store_s_page_is_listed_whole()
    {
        string[] names = [.. Enumerable.Range(0, 2_300).Select(static i => $"r/{i}")];
        await AddAsync(names);

        Assert.Equal(names.Order(StringComparer.Ordinal), (await Root.Catalog.ListAsync("", null, 5_000, Cancel)).Names);
        Assert.Equal(names.Order(StringComparer.Ordinal), await AllAsync(null, 999));
    }

    [Fact]
    public async Task A_list_goes_on_after_any_text_whether_it_is_a_name_or_not()
    {
        string[] names = [.. Texts.From(["a", "b", "0", ".", "-", "_", "/"], 5, 1_000, seed: 1).Where(static text => RepositoryName.TryParse(text, out _)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        await AddAsync(names);

        string[] strange = ["", "!", "~", "/", "//", "a/", "a//b", "../..", ".", "..", "a b", " ", "é", "aé", "a\0", "\n", "a\u007f", "😀", "A", new string('a', 1_000), new string('/', 1_000), new string('.', 1_000)];
        foreach (string after in strange.Concat(Texts.From(["a", "b", "0", ".", "-", "_", "/", "!", "~", " ", "é", "+"], 6, 2_000, seed: 2)))
        {
            IEnumerable<string> expected = names.Where(name => string.CompareOrdinal(name, after) > 0);
            NamePage page = await Root.Catalog.ListAsync("", after, 1_000, Cancel);
            Assert.True(expected.SequenceEqual(page.Names), $"after '{after}': {string.Join(' ', page.Names.Except(expected))} too many, {string.Join(' ', expected.Except(page.Names))} missing");
        }
    }

    [Fact]
    public async Task A_repository_seen_lately_is_not_looked_up_again_and_one_not_seen_is()
    {
        int gets = 0;
        var store = new HookedStore(Store)
        {
            Before = _ =>
            {
                gets++;
                return ValueTask.CompletedTask;
            },
        };
        RepositoryCatalog catalog = Node(store).Catalog;

        Assert.False(await catalog.ExistsAsync(Repo, Cancel));
        Assert.False(await catalog.ExistsAsync(Repo, Cancel));
        Assert.Equal(2, gets);
        await Root.Catalog.AddAsync(Repo, Cancel);
        Assert.True(await catalog.ExistsAsync(Repo, Cancel));
        Assert.True(await catalog.ExistsAsync(Repo, Cancel));
        await catalog.AddAsync(Repo, Cancel);
        Assert.Equal(3, gets);
        Time.Advance(TimeSpan.FromSeconds(30));
        await Store.DeleteAsync(ContentKeys.Catalog(Repo), Cancel);
        Assert.False(await catalog.ExistsAsync(Repo, Cancel));
        await catalog.AddAsync(Repo, Cancel);
        Assert.True(await Node().Catalog.ExistsAsync(Repo, Cancel));
    }
}
