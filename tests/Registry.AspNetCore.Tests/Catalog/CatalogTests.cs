using System.Net;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Catalog;

public sealed class CatalogTests : IAsyncLifetime
{
    private RegistryHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.StartAsync(static options =>
    {
        options.CatalogPageSize = 5;
        options.MaxPageSize = 100;
    });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    [Trait("Protocol", "T11")]
    public async Task An_empty_registry_has_an_empty_catalog()
    {
        HttpResponseMessage response = await _host.Client.FetchAsync("/v2/_catalog").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("application/json", response.Header("Content-Type"));
        Assert.Equal("""{"repositories":[]}""", await response.TextAsync());
        Assert.Null(response.Header("Link"));
    }

    [Fact]
    [Trait("Protocol", "T12")]
    public async Task Names_that_begin_alike_are_listed_once_each_in_byte_order()
    {
        string[] names = ["a", "a-b", "a.b", "a/b", "a/b-c", "a/b/c", "a0", "a_b", "a__b", "ab", "b", "tags/list", "uploads", "z/manifests"];
        await PushAsync([.. names.Reverse(), .. names]);

        Assert.Equal(names.Order(StringComparer.Ordinal), await ListAsync("?n=100"));
    }

    [Fact]
    [Trait("Protocol", "T11")]
    public async Task A_page_has_the_hosts_size_when_the_client_does_not_say()
    {
        await PushAsync([.. Enumerable.Range(0, 6).Select(static i => $"r{i}")]);

        HttpResponseMessage first = await _host.Client.FetchAsync("/v2/_catalog").ShouldBeAsync(HttpStatusCode.OK);
        HttpResponseMessage second = await _host.Client.FetchAsync(first.NextPage()!).ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(["r0", "r1", "r2", "r3", "r4"], await NamesAsync(first));
        Assert.Equal("/v2/_catalog?n=5&last=r4", first.NextPage());
        Assert.Equal(["r5"], await NamesAsync(second));
        Assert.Null(second.NextPage());
    }

    [Theory]
    [Trait("Protocol", "T11")]
    [Trait("Protocol", "T4")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Pages_lead_on_while_there_are_more(int size)
    {
        string[] names = ["a", "a-b", "a/b", "a/b/c", "a0", "b"];
        await PushAsync(names);
        var seen = new List<string>();
        string? next = $"/v2/_catalog?n={size}";
        while (next is not null)
        {
            HttpResponseMessage response = await _host.Client.FetchAsync(next).ShouldBeAsync(HttpStatusCode.OK);
            string[] page = await NamesAsync(response);
            seen.AddRange(page);
            next = response.NextPage();
            Assert.Equal(seen.Count < names.Length, next is not null);
            Assert.Equal(Math.Min(size, names.Length - (seen.Count - page.Length)), page.Length);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), seen);
    }

    [Fact]
    [Trait("Protocol", "T11")]
    public async Task None_asked_for_means_none_and_no_next_page()
    {
        await PushAsync("a");

        HttpResponseMessage response = await _host.Client.FetchAsync("/v2/_catalog?n=0").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Empty(await NamesAsync(response));
        Assert.Null(response.Header("Link"));
    }

    [Theory]
    [Trait("Protocol", "T11")]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("")]
    public async Task A_page_size_is_a_whole_number(string n) =>
        await _host.Client.FetchAsync($"/v2/_catalog?n={n}").ShouldFailAsync(HttpStatusCode.BadRequest, "PAGINATION_NUMBER_INVALID");

    [Fact]
    [Trait("Protocol", "T11")]
    public async Task A_page_size_over_the_limit_is_cut()
    {
        await PushAsync([.. Enumerable.Range(0, 101).Select(static i => $"r{i:D3}")]);

        HttpResponseMessage response = await _host.Client.FetchAsync("/v2/_catalog?n=101").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(100, (await NamesAsync(response)).Length);
        Assert.Equal("/v2/_catalog?n=100&last=r099", response.NextPage());
    }

    [Theory]
    [Trait("Protocol", "T11")]
    [Trait("Protocol", "T8")]
    [InlineData("", "a,a.b,a/b,a0,b")]
    [InlineData("a", "a.b,a/b,a0,b")]
    [InlineData("a.", "a.b,a/b,a0,b")]
    [InlineData("a.b", "a/b,a0,b")]
    [InlineData("a/", "a/b,a0,b")]
    [InlineData("a%2Fa", "a/b,a0,b")]
    [InlineData("a/b", "a0,b")]
    [InlineData("a/b/c", "a0,b")]
    [InlineData("a/c", "a0,b")]
    [InlineData("a0", "b")]
    [InlineData("b", "")]
    [InlineData("/", "a,a.b,a/b,a0,b")]
    [InlineData("//", "a,a.b,a/b,a0,b")]
    [InlineData("a//", "a/b,a0,b")]
    [InlineData("../..", "a,a.b,a/b,a0,b")]
    [InlineData("A", "a,a.b,a/b,a0,b")]
    [InlineData("%C3%A9", "")]
    [InlineData("a%20", "a.b,a/b,a0,b")]
    public async Task A_page_starts_after_the_last_name_seen_which_need_not_exist(string last, string expected)
    {
        await PushAsync("a", "a.b", "a/b", "a0", "b");

        Assert.Equal(expected.Split(',', StringSplitOptions.RemoveEmptyEntries), await ListAsync($"?last={last}"));
    }

    [Theory]
    [Trait("Protocol", "T8")]
    [InlineData('a')]
    [InlineData('.')]
    [InlineData('/')]
    public async Task A_last_name_of_any_length_is_taken(char filling)
    {
        await PushAsync("b");

        Assert.Equal(["b"], await ListAsync($"?last=a{new string(filling, 5000)}"));
    }

    [Fact]
    [Trait("Protocol", "T12")]
    public async Task A_repository_is_listed_from_its_first_blob_on_and_after_its_tags_are_gone()
    {
        await _host.Client.AskAsync("POST", "/v2/started/blobs/uploads/").ShouldBeAsync(HttpStatusCode.Accepted);
        Assert.Empty(await ListAsync(""));

        await _host.Client.PushEmptyConfigAsync("app");
        Assert.Equal(["app"], await ListAsync(""));
        PushedImage image = await _host.Client.PushImageAsync("app", "v1");
        await _host.Client.AskAsync("DELETE", $"/v2/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);
        Assert.Equal(["app"], await ListAsync(""));
    }

    [Fact]
    [Trait("Protocol", "T11")]
    public async Task Head_answers_as_get_does_without_the_body()
    {
        await PushAsync("a", "b");

        HttpResponseMessage head = await _host.Client.AskAsync("HEAD", "/v2/_catalog?n=1").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("application/json", head.Header("Content-Type"));
        Assert.Equal("/v2/_catalog?n=1&last=a", head.NextPage());
        Assert.Empty(await head.BytesAsync());
    }

    [Fact]
    [Trait("Protocol", "T11")]
    public async Task A_host_can_switch_the_catalog_off()
    {
        await using RegistryHost host = await RegistryHost.StartAsync(static options => options.EnableCatalog = false);

        await host.Client.FetchAsync("/v2/_catalog").ShouldFailAsync(HttpStatusCode.NotFound, "UNSUPPORTED");
    }

    [Theory]
    [Trait("Protocol", "T11")]
    [Trait("Protocol", "X8")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task The_catalog_can_only_be_read(string method)
    {
        HttpResponseMessage response = await _host.Client.AskAsync(method, "/v2/_catalog").ShouldBeAsync(HttpStatusCode.MethodNotAllowed);

        Assert.Equal("UNSUPPORTED", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
    }

    private async Task PushAsync(params string[] names)
    {
        foreach (string name in names)
        {
            await _host.Client.PushManifestAsync(name, "v1", Images.Index(""), Images.OciIndex);
        }
    }

    private async Task<string[]> ListAsync(string query) => await NamesAsync(await _host.Client.FetchAsync($"/v2/_catalog{query}").ShouldBeAsync(HttpStatusCode.OK));

    private static async Task<string[]> NamesAsync(HttpResponseMessage response) =>
        [.. (await response.JsonAsync()).GetProperty("repositories").EnumerateArray().Select(static name => name.GetString()!)];
}
