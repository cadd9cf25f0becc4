using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Hosting;

/// <summary>Several registries in one host, which share nothing.</summary>
public sealed class SeveralRegistriesTests
{
    [Fact]
    public async Task Registries_are_told_apart_by_host_name()
    {
        await using RegistryHost host = await StartAsync(static app =>
        {
            app.MapDockerRegistry("/v2", "one").RequireHost("one.example.com");
            app.MapDockerRegistry("/v2", "two").RequireHost("two.example.com");
        });

        using HttpClient one = ClientOf(host, "one.example.com");
        using HttpClient two = ClientOf(host, "two.example.com");
        await AssertShareNothingAsync(one, two, "/v2", "/v2");
        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.FetchAsync("/v2/")).StatusCode);
    }

    [Fact]
    public async Task Registries_are_told_apart_by_prefix()
    {
        await using RegistryHost host = await StartAsync(static app =>
        {
            app.MapDockerRegistry("/one/v2", "one");
            app.MapDockerRegistry("/two/v2/", "two");
        });

        await AssertShareNothingAsync(host.Client, host.Client, "/one/v2", "/two/v2");
        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.FetchAsync("/v2/")).StatusCode);
    }

    [Fact]
    public async Task Registries_are_told_apart_by_route_group()
    {
        await using RegistryHost host = await StartAsync(static app =>
        {
            app.MapGroup("/groups/one").MapDockerRegistry("/v2", "one");
            app.MapGroup("/groups").MapGroup("/two").MapDockerRegistry("v2", "two");
        });

        await AssertShareNothingAsync(host.Client, host.Client, "/groups/one/v2", "/groups/two/v2");
    }

    [Theory]
    [InlineData("/base", "/base")]
    [InlineData("/deep/base", "/deep/base")]
    [InlineData("/my apps", "/my%20apps")]
    [InlineData("/größe", "/gr%C3%B6%C3%9Fe")]
    public async Task Registries_may_lie_under_a_path_base(string pathBase, string encoded)
    {
        await using RegistryHost host = await StartAsync(app =>
        {
            app.UsePathBase(pathBase);
            app.UseRouting();
            app.MapDockerRegistry("/v2", "one");
            app.MapDockerRegistry("/two/v2", "two");
        });

        await AssertShareNothingAsync(host.Client, host.Client, $"{encoded}/v2", $"{encoded}/two/v2");
        await host.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("team")]
    [InlineData("a%20b")]
    [InlineData("t%C3%A4m")]
    public async Task A_prefix_may_have_parameters(string tenant)
    {
        await using RegistryHost host = await StartAsync(static app =>
        {
            app.MapDockerRegistry("/{tenant}/v2", "one");
            app.MapDockerRegistry("/x/{tenant}/v2", "two");
        });

        await AssertShareNothingAsync(host.Client, host.Client, $"/{tenant}/v2", $"/x/{tenant}/v2");
    }

    [Fact]
    public async Task One_registry_may_be_mapped_at_several_places()
    {
        await using RegistryHost host = await StartAsync(static app =>
        {
            app.MapDockerRegistry("/v2", "one");
            app.MapDockerRegistry("/mirror/v2", "one");
        });

        HttpResponseMessage pushed = await host.Client.AskAsync("POST", $"/mirror/v2/app/blobs/uploads/?digest={Images.Sha256(Images.Bytes("x"))}", new ByteArrayContent(Images.Bytes("x")))
            .ShouldBeAsync(HttpStatusCode.Created);

        Assert.StartsWith("/mirror/v2/app/blobs/", pushed.Header("Location"), StringComparison.Ordinal);
        await host.Client.FetchAsync(pushed.Header("Location")!).ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync(pushed.Header("Location")!.Replace("/mirror", "", StringComparison.Ordinal)).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Options_and_access_are_each_registrys_own()
    {
        await using RegistryHost host = await RegistryHost.StartAsync(
            static builder =>
            {
                builder.Services.AddDockerRegistry("open", static options => options.Warnings.Add("open")).AddInMemoryStorage().AllowAnonymous();
                builder.Services.AddDockerRegistry("shut", static options => options.EnableCatalog = false).AddInMemoryStorage().AllowAnonymousPull();
            },
            static app =>
            {
                app.MapDockerRegistry("/open", "open");
                app.MapDockerRegistry("/shut", "shut");
            });

        HttpResponseMessage open = await host.Client.FetchAsync("/open/_catalog").ShouldBeAsync(HttpStatusCode.OK);
        HttpResponseMessage shut = await host.Client.FetchAsync("/shut/_catalog").ShouldBeAsync(HttpStatusCode.NotFound);

        Assert.Equal(["299 - \"open\""], open.HeaderLines("Warning"));
        Assert.Empty(shut.HeaderLines("Warning"));
        await host.Client.AskAsync("POST", "/open/app/blobs/uploads/").ShouldBeAsync(HttpStatusCode.Accepted);
        await host.Client.AskAsync("POST", "/shut/app/blobs/uploads/").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Fact]
    public async Task The_hosts_own_endpoints_stay_beside_the_registry()
    {
        await using RegistryHost host = await StartAsync(static app =>
        {
            app.MapDockerRegistry("/v2", "one");
            app.MapGet("/", static () => "home");
            app.MapGet("/v2/status", static () => "mine");
        });

        Assert.Equal("home", await (await host.Client.FetchAsync("/")).TextAsync());
        Assert.Equal("mine", await (await host.Client.FetchAsync("/v2/status")).TextAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.FetchAsync("/v3/")).StatusCode);
        Assert.Null((await host.Client.FetchAsync("/v3/")).Header("Docker-Distribution-API-Version"));
    }

    private static Task<RegistryHost> StartAsync(Action<WebApplication> map) => RegistryHost.StartAsync(
        static builder =>
        {
            builder.Services.AddDockerRegistry("one").AddInMemoryStorage().AllowAnonymous();
            builder.Services.AddDockerRegistry("two").AddInMemoryStorage().AllowAnonymous();
        },
        map);

    private static HttpClient ClientOf(RegistryHost host, string name) => new() { BaseAddress = host.Address, DefaultRequestHeaders = { Host = name } };

    private static async Task AssertShareNothingAsync(HttpClient one, HttpClient two, string onePrefix, string twoPrefix)
    {
        byte[] content = Images.Bytes("content");
        string digest = Images.Sha256(content);
        byte[] manifest = Images.Index("");
        foreach ((HttpClient client, string prefix) in ((HttpClient, string)[])[(one, onePrefix), (two, twoPrefix)])
        {
            await client.FetchAsync($"{prefix}/").ShouldBeAsync(HttpStatusCode.OK);
            await client.FetchAsync(prefix).ShouldBeAsync(HttpStatusCode.OK);
            await client.FetchAsync($"{prefix}/app/blobs/{digest}").ShouldBeAsync(HttpStatusCode.NotFound);
            await client.FetchAsync($"{prefix}/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);

            HttpResponseMessage started = await client.AskAsync("POST", $"{prefix}/app/blobs/uploads/").ShouldBeAsync(HttpStatusCode.Accepted);
            Assert.StartsWith($"{prefix}/app/blobs/uploads/", started.Header("Location"), StringComparison.Ordinal);
            HttpResponseMessage finished = await client.AskAsync("PUT", $"{started.Header("Location")}?digest={digest}", new ByteArrayContent(content)).ShouldBeAsync(HttpStatusCode.Created);
            Assert.Equal($"{prefix}/app/blobs/{digest}", finished.Header("Location"));
            Assert.Equal(content, await (await client.FetchAsync(finished.Header("Location")!).ShouldBeAsync(HttpStatusCode.OK)).BytesAsync());

            foreach (string tag in (string[])["v1", "v2"])
            {
                var body = new ByteArrayContent(manifest) { Headers = { { "Content-Type", Images.OciIndex } } };
                HttpResponseMessage pushed = await client.AskAsync("PUT", $"{prefix}/app/manifests/{tag}", body).ShouldBeAsync(HttpStatusCode.Created);
                Assert.Equal(manifest, await (await client.FetchAsync(pushed.Header("Location")!).ShouldBeAsync(HttpStatusCode.OK)).BytesAsync());
            }

            HttpResponseMessage tags = await client.FetchAsync($"{prefix}/app/tags/list?n=1").ShouldBeAsync(HttpStatusCode.OK);
            Assert.Equal($"{prefix}/app/tags/list?n=1&last=v1", tags.NextPage());
            HttpResponseMessage next = await client.FetchAsync(tags.NextPage()!).ShouldBeAsync(HttpStatusCode.OK);
            Assert.Equal("""{"name":"app","tags":["v2"]}""", await next.TextAsync());
        }
    }
}
