using System.Net;
using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Tags;

public sealed class TagListTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    [Fact]
    [Trait("Protocol", "T1")]
    public async Task The_tags_of_a_repository_are_listed()
    {
        await PushAsync("v1", "v2");
        PushedImage untagged = await _client.PushImageAsync(_repository, null, "untagged");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/tags/list").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("application/json", response.Header("Content-Type"));
        Assert.Equal($$"""{"name":"{{_repository}}","tags":["v1","v2"]}""", await response.TextAsync());
        Assert.Null(response.NextPage());
        Assert.DoesNotContain(untagged.Digest, await response.TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Protocol", "T1")]
    [InlineData("")]
    [InlineData("?n=1")]
    public async Task Head_answers_as_get_does_without_the_body(string query)
    {
        await PushAsync("v1", "v2");

        HttpResponseMessage get = await _client.FetchAsync($"/v2/{_repository}/tags/list{query}").ShouldBeAsync(HttpStatusCode.OK);
        HttpResponseMessage head = await _client.AskAsync("HEAD", $"/v2/{_repository}/tags/list{query}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Empty(await head.BytesAsync());
        Assert.Equal("application/json", head.Header("Content-Type"));
        Assert.Equal(get.Header("Link"), head.Header("Link"));
    }

    [Theory]
    [Trait("Protocol", "T1")]
    [InlineData("")]
    [InlineData("?n=10")]
    [InlineData("?n=0")]
    [InlineData("?last=a")]
    public async Task A_repository_without_tags_has_an_empty_list(string query)
    {
        await _client.PushEmptyConfigAsync(_repository);

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/tags/list{query}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal($$"""{"name":"{{_repository}}","tags":[]}""", await response.TextAsync());
    }

    [Theory]
    [Trait("Protocol", "T2")]
    [InlineData("")]
    [InlineData("?n=10")]
    [InlineData("?n=0")]
    [InlineData("?last=a")]
    public async Task An_unknown_repository_has_no_list(string query)
    {
        await _client.PushImageAsync(_repository + "/nested", "v1");
        await _client.PushImageAsync(_repository + "-other", "v1");

        JsonElement error = await _client.FetchAsync($"/v2/{_repository}/tags/list{query}").ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");

        Assert.Equal(_repository, error.GetProperty("detail").GetString());
        await _client.AskAsync("HEAD", $"/v2/{_repository}/tags/list{query}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "T3")]
    public async Task Tags_are_in_byte_order_and_differ_by_case()
    {
        await PushAsync("a", "B", "A", "_x", "1.9", "1.10", "1", "1-a", "1_a", "b", "a.b", "a-b", "aa", "latest", "Latest");

        string[] tags = await ListAsync("");

        Assert.Equal(["1", "1-a", "1.10", "1.9", "1_a", "A", "B", "Latest", "_x", "a", "a-b", "a.b", "aa", "b", "latest"], tags);
    }

    [Theory]
    [Trait("Protocol", "T4")]
    [InlineData(7, 1)]
    [InlineData(7, 3)]
    [InlineData(6, 3)]
    [InlineData(7, 7)]
    [InlineData(7, 8)]
    [InlineData(1, 1)]
    public async Task Pages_have_as_many_tags_as_asked_for_and_lead_on_while_there_are_more(int count, int size)
    {
        string[] tags = [.. Enumerable.Range(0, count).Select(static i => $"v{i}")];
        await PushAsync(tags);
        var seen = new List<string>();
        var sizes = new List<int>();
        string? next = $"/v2/{_repository}/tags/list?n={size}";
        while (next is not null)
        {
            HttpResponseMessage response = await _client.FetchAsync(next).ShouldBeAsync(HttpStatusCode.OK);
            string[] page = await TagsAsync(response);
            seen.AddRange(page);
            sizes.Add(page.Length);
            next = response.NextPage();
            Assert.Equal(seen.Count < count ? $"/v2/{_repository}/tags/list?n={size}&last={page[^1]}" : null, next);
        }

        Assert.Equal(tags, seen);
        Assert.All(sizes.SkipLast(1), full => Assert.Equal(size, full));
        Assert.NotEqual(0, sizes[^1]);
    }

    [Fact]
    [Trait("Protocol", "T5")]
    public async Task No_tags_asked_for_means_none_and_no_next_page()
    {
        await PushAsync("v1", "v2");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/tags/list?n=0").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Empty(await TagsAsync(response));
        Assert.Null(response.Header("Link"));
    }

    [Theory]
    [Trait("Protocol", "T6")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("1e3")]
    [InlineData("1.5")]
    [InlineData("0x10")]
    [InlineData("ten")]
    [InlineData("%2B5")]
    [InlineData("+5")]
    [InlineData("5&n=6")]
    [InlineData("%D9%A5")]
    public async Task A_page_size_is_a_whole_number(string n)
    {
        await PushAsync("v1");

        await _client.FetchAsync($"/v2/{_repository}/tags/list?n={n}").ShouldFailAsync(HttpStatusCode.BadRequest, "PAGINATION_NUMBER_INVALID");
    }

    [Theory]
    [Trait("Protocol", "T6")]
    [Trait("Protocol", "T7")]
    [InlineData("2147483648")]
    [InlineData("99999999999999999999999999")]
    [InlineData("0000000000000000000000000000001")]
    public async Task A_page_size_may_be_any_number(string n)
    {
        await PushAsync("v1");

        Assert.Equal(["v1"], await ListAsync($"?n={n}"));
    }

    [Fact]
    [Trait("Protocol", "T7")]
    public async Task A_page_size_over_the_limit_is_cut_and_leads_on()
    {
        await using RegistryHost host = await RegistryHost.StartAsync(static options => options.MaxPageSize = 100);
        byte[] manifest = Images.Index("");
        foreach (string query in (string[])[Query(0, 100), Query(100, 1)])
        {
            await host.Client.PutManifestAsync("app", $"{Images.Sha256(manifest)}?{query}", manifest, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);
        }

        HttpResponseMessage first = await host.Client.FetchAsync("/v2/app/tags/list?n=5000").ShouldBeAsync(HttpStatusCode.OK);
        HttpResponseMessage second = await host.Client.FetchAsync(first.NextPage()!).ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(100, (await TagsAsync(first)).Length);
        Assert.Equal("/v2/app/tags/list?n=100&last=t0099", first.NextPage());
        Assert.Equal(["t0100"], await TagsAsync(second));
        Assert.Null(second.NextPage());

        static string Query(int start, int count) => string.Join('&', Enumerable.Range(start, count).Select(static i => $"tag=t{i:D4}"));
    }

    [Theory]
    [Trait("Protocol", "T8")]
    [InlineData("", "a,a.b,ab,b,c")]
    [InlineData("a", "a.b,ab,b,c")]
    [InlineData("a.", "a.b,ab,b,c")]
    [InlineData("a.b", "ab,b,c")]
    [InlineData("aa", "ab,b,c")]
    [InlineData("ab", "b,c")]
    [InlineData("abc", "b,c")]
    [InlineData("c", "")]
    [InlineData("zzz", "")]
    [InlineData("A", "a,a.b,ab,b,c")]
    [InlineData("0", "a,a.b,ab,b,c")]
    [InlineData("!", "a,a.b,ab,b,c")]
    [InlineData("~", "")]
    [InlineData("a~", "b,c")]
    [InlineData("a!", "a.b,ab,b,c")]
    [InlineData("a%20", "a.b,ab,b,c")]
    [InlineData("a+", "a.b,ab,b,c")]
    [InlineData("a%00", "a.b,ab,b,c")]
    [InlineData("%C3%A9", "")]
    [InlineData("a%C3%A9", "b,c")]
    [InlineData("%FF", "a,a.b,ab,b,c")]
    [InlineData("/", "a,a.b,ab,b,c")]
    [InlineData("a/", "ab,b,c")]
    [InlineData("a//b", "ab,b,c")]
    [InlineData("a/../b", "ab,b,c")]
    [InlineData("..", "a,a.b,ab,b,c")]
    [InlineData("../..", "a,a.b,ab,b,c")]
    [InlineData(".", "a,a.b,ab,b,c")]
    [InlineData("%2e%2e%2f", "a,a.b,ab,b,c")]
    public async Task A_page_starts_after_the_last_tag_seen_which_need_not_exist(string last, string expected)
    {
        await PushAsync("a", "a.b", "ab", "b", "c");
        string[] tags = expected.Split(',', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(tags, await ListAsync($"?last={last}"));
        Assert.Equal(tags.Take(2), await ListAsync($"?n=2&last={last}"));
        Assert.Equal(tags.Take(2), await ListAsync($"?last={last}&n=2"));
    }

    [Theory]
    [Trait("Protocol", "T8")]
    [InlineData(129)]
    [InlineData(1000)]
    [InlineData(6000)]
    public async Task A_last_tag_of_any_length_is_taken(int length)
    {
        await PushAsync("a", "b", new string('a', 128));

        Assert.Equal(["b"], await ListAsync($"?last={new string('a', length)}"));
    }

    [Fact]
    [Trait("Protocol", "T9")]
    public async Task Without_a_page_size_the_whole_list_comes_however_long_it_is()
    {
        string[] tags = [.. Enumerable.Range(0, 2500).Select(static i => $"t{i:D5}")];
        byte[] manifest = Images.Index("");
        foreach (string[] part in tags.Chunk(100))
        {
            string query = string.Join('&', part.Select(static tag => $"tag={tag}"));
            await _client.PutManifestAsync(_repository, $"{Images.Sha256(manifest)}?{query}", manifest, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);
        }

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/tags/list").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(tags, await TagsAsync(response));
        Assert.Null(response.Header("Link"));
        Assert.Equal(tags[1500..], await ListAsync("?last=t01499"));
    }

    [Fact]
    [Trait("Protocol", "T1")]
    public async Task A_tag_that_moves_is_listed_once_and_a_deleted_one_not_at_all()
    {
        await _client.PushImageAsync(_repository, "v1", "one");
        await _client.PushImageAsync(_repository, "v1", "two");
        await _client.PushImageAsync(_repository, "v2", "two");

        Assert.Equal(["v1", "v2"], await ListAsync(""));
        await _client.AskAsync("DELETE", $"/v2/{_repository}/manifests/v1").ShouldBeAsync(HttpStatusCode.Accepted);
        Assert.Equal(["v2"], await ListAsync(""));
        await _client.PushImageAsync(_repository, "v1", "three");
        Assert.Equal(["v1", "v2"], await ListAsync(""));
    }

    private async Task PushAsync(params string[] tags)
    {
        byte[] manifest = Images.Index("");
        foreach (string tag in tags)
        {
            await _client.PushManifestAsync(_repository, tag, manifest, Images.OciIndex);
        }
    }

    private async Task<string[]> ListAsync(string query) => await TagsAsync(await _client.FetchAsync($"/v2/{_repository}/tags/list{query}").ShouldBeAsync(HttpStatusCode.OK));

    private static async Task<string[]> TagsAsync(HttpResponseMessage response) =>
        [.. (await response.JsonAsync()).GetProperty("tags").EnumerateArray().Select(static tag => tag.GetString()!)];
}
