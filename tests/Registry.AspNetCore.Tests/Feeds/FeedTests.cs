using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;

namespace Registry.AspNetCore.Tests.Feeds;

/// <summary>Many feeds in one registry: how they are found, and what they share.</summary>
public sealed class FeedTests
{
    private static readonly (string, string) ToMain = ("Host", "main.example.com");

    internal static Task<RegistryHost> StartAsync(Action<IDockerRegistryBuilder> configure, Action<WebApplication>? map = null) => RegistryHost.StartAsync(
        builder =>
        {
            IDockerRegistryBuilder registry = builder.Services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous();
            configure(registry);
        },
        map ?? (static app => app.MapDockerRegistry()));

    private static void MainAndDefault(IDockerRegistryBuilder registry) => registry.AddDefaultFeed().AddFeed("main", static feed => feed.Hosts.Add("main.example.com"));

    [Fact]
    public async Task A_feed_is_found_by_its_name_by_its_path_and_by_its_host()
    {
        await using RegistryHost host = await StartAsync(MainAndDefault);
        PushedImage image = await host.Client.PushImageAsync("main/app", "v1");

        foreach ((string path, string name, (string, string)[] headers) in
            ((string, string, (string, string)[])[])[("/v2/main/app", "main/app", []), ("/main/v2/app", "app", []), ("/v2/app", "app", [ToMain]), ("/main/v2/app", "app", [ToMain])])
        {
            HttpResponseMessage manifest = await host.Client.FetchAsync($"{path}/manifests/v1", headers).ShouldBeAsync(HttpStatusCode.OK);
            Assert.Equal(image.Digest, manifest.Header("Docker-Content-Digest"));
            await host.Client.FetchAsync($"{path}/blobs/{image.Layer}", headers).ShouldBeAsync(HttpStatusCode.OK);
            HttpResponseMessage tags = await host.Client.FetchAsync($"{path}/tags/list", headers).ShouldBeAsync(HttpStatusCode.OK);
            Assert.Equal(name, (await tags.JsonAsync()).GetProperty("name").GetString());
        }

        await host.Client.FetchAsync("/v2/app/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await host.Client.FetchAsync("/v2/main/app/manifests/v1", ToMain).ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task Locations_lead_back_the_way_the_client_came()
    {
        await using RegistryHost host = await StartAsync(MainAndDefault);

        foreach ((string path, (string, string)[] headers) in ((string, (string, string)[])[])[("/v2/main/app", []), ("/main/v2/app", []), ("/v2/app", [ToMain])])
        {
            HttpResponseMessage started = await host.Client.AskAsync("POST", $"{path}/blobs/uploads/", null, headers).ShouldBeAsync(HttpStatusCode.Accepted);
            string session = started.Header("Location")!;
            Assert.StartsWith($"{path}/blobs/uploads/", session, StringComparison.Ordinal);
            byte[] content = Images.Bytes(path);
            HttpResponseMessage finished = await host.Client.AskAsync("PUT", $"{session}?digest={Images.Sha256(content)}", new ByteArrayContent(content), headers).ShouldBeAsync(HttpStatusCode.Created);
            Assert.Equal($"{path}/blobs/{Images.Sha256(content)}", finished.Header("Location"));
        }
    }

    [Fact]
    public async Task An_upload_goes_on_by_another_of_the_feeds_addresses()
    {
        await using RegistryHost host = await StartAsync(MainAndDefault);
        HttpResponseMessage started = await host.Client.AskAsync("POST", "/v2/main/app/blobs/uploads/").ShouldBeAsync(HttpStatusCode.Accepted);
        string id = started.Header("Docker-Upload-UUID")!;
        byte[] content = Images.Bytes("content");

        await host.Client.AskAsync("PATCH", $"/main/v2/app/blobs/uploads/{id}", new ByteArrayContent(content)).ShouldBeAsync(HttpStatusCode.Accepted);
        await host.Client.AskAsync("PUT", $"/v2/app/blobs/uploads/{id}?digest={Images.Sha256(content)}", null, ToMain).ShouldBeAsync(HttpStatusCode.Created);
        await host.Client.AskAsync("PUT", $"/v2/app/blobs/uploads/{id}?digest={Images.Sha256(content)}").ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
    }

    [Fact]
    public async Task Feeds_with_one_store_share_bytes_by_mounting_and_see_only_their_own()
    {
        await using RegistryHost host = await StartAsync(static registry => registry
            .AddStore("archive", static store => store.AddInMemoryStorage())
            .AddFeed("one").AddFeed("two").AddFeed("old", static feed => feed.Store = "archive"));
        string digest = await host.Client.PushBlobAsync("one/app", Images.Bytes("shared"));

        await host.Client.FetchAsync($"/v2/two/app/blobs/{digest}").ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        await host.Client.AskAsync("POST", $"/v2/two/app/blobs/uploads/?mount={digest}&from=one/app").ShouldBeAsync(HttpStatusCode.Created);
        await host.Client.FetchAsync($"/v2/two/app/blobs/{digest}").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.AskAsync("POST", $"/v2/two/auto/blobs/uploads/?mount={digest}").ShouldBeAsync(HttpStatusCode.Created);
        await host.Client.AskAsync("POST", $"/v2/old/app/blobs/uploads/?mount={digest}&from=one/app").ShouldBeAsync(HttpStatusCode.Accepted);
        await host.Client.AskAsync("POST", $"/v2/old/app/blobs/uploads/?mount={digest}").ShouldBeAsync(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task The_catalog_of_all_feeds_is_in_order_and_each_feeds_own_has_no_names_in_front()
    {
        await using RegistryHost host = await StartAsync(static registry => registry
            .AddDefaultFeed().AddFeed("b").AddFeed("b-c").AddFeed("zeta", static feed => feed.Aliases.Add("alpha")).AddFeed("off", static feed => feed.Enabled = false));
        string[] shown = ["a", "alpha/app", "b", "b-c/x", "b-d/x", "b/x/y", "b/z", "c"];
        foreach (string name in shown)
        {
            await host.Client.PushManifestAsync(name, "v1", Images.Index(""), Images.OciIndex);
        }

        for (int size = 1; size <= shown.Length + 1; size++)
        {
            Assert.Equal(shown, await PagesAsync(host.Client, $"/v2/_catalog?n={size}"));
        }

        Assert.Equal(["x/y", "z"], await PagesAsync(host.Client, "/b/v2/_catalog?n=1"));
        Assert.Equal(["app"], await PagesAsync(host.Client, "/alpha/v2/_catalog"));
        Assert.Equal(["b-d/x", "b/x/y", "b/z", "c"], await PagesAsync(host.Client, "/v2/_catalog?last=b-c/x"));
        Assert.Equal(["b/z", "c"], await PagesAsync(host.Client, "/v2/_catalog?last=b/x/y"));
        Assert.Equal(["c"], await PagesAsync(host.Client, "/v2/_catalog?last=b/zz"));
    }

    [Fact]
    public async Task A_renamed_feed_keeps_what_it_holds_and_its_own_name_is_nobody_elses()
    {
        await using RegistryHost host = await StartAsync(static registry => registry.AddDefaultFeed().AddFeed("main"));
        await host.Client.PushImageAsync("main/app", "v1");
        var feeds = host.Services.GetRequiredKeyedService<HostFeeds>("");
        var renamed = new Feed("main");
        renamed.Aliases.Add("products");

        feeds.Set(renamed);

        await host.Client.FetchAsync("/v2/products/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/products/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/main/app/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");
        await host.Client.FetchAsync("/main/v2/app/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");
        await host.Client.PutManifestAsync("main/app", "v2", Images.Index(""), Images.OciIndex).ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");

        var both = new Feed("main");
        both.Aliases.Add("products");
        both.Aliases.Add("main");
        feeds.Set(both);
        await host.Client.FetchAsync("/v2/main/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Feeds_come_and_go_while_the_host_runs()
    {
        await using RegistryHost host = await StartAsync(static registry => registry.AddFeed("main"));
        var feeds = host.Services.GetRequiredKeyedService<HostFeeds>("");
        await host.Client.PutManifestAsync("new/app", "v1", Images.Index(""), Images.OciIndex).ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");

        feeds.Set(new Feed("new"));
        await host.Client.PushManifestAsync("new/app", "v1", Images.Index(""), Images.OciIndex);
        feeds.Set(new Feed("new") { Enabled = false });
        await host.Client.FetchAsync("/v2/new/app/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");
        feeds.Set(new Feed("new") { ReadOnly = true });
        await host.Client.FetchAsync("/v2/new/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        Assert.True(feeds.Remove("new"));
        await host.Client.FetchAsync("/v2/new/app/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");

        var clash = new Feed("other");
        clash.Aliases.Add("main");
        ArgumentException refused = Assert.Throws<ArgumentException>(() => feeds.Set(clash));
        Assert.Contains("'main'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'other'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_feed_takes_nothing_and_gives_everything()
    {
        await using RegistryHost host = await StartAsync(static registry => registry.AddFeed("main"));
        PushedImage image = await host.Client.PushImageAsync("main/app", "v1");
        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(new Feed("main") { ReadOnly = true });

        await host.Client.AskAsync("POST", "/v2/main/app/blobs/uploads/").ShouldFailAsync(HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
        await host.Client.PutManifestAsync("main/app", "v2", image.Manifest).ShouldFailAsync(HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
        await host.Client.AskAsync("DELETE", "/v2/main/app/manifests/v1").ShouldFailAsync(HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
        await host.Client.FetchAsync("/v2/main/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_feed_may_forbid_deleting()
    {
        await using RegistryHost host = await StartAsync(static registry => registry.AddFeed("main", static feed => feed.AllowDelete = false));
        PushedImage image = await host.Client.PushImageAsync("main/app", "v1");

        HttpResponseMessage response = await host.Client.AskAsync("DELETE", "/v2/main/app/manifests/v1").ShouldBeAsync(HttpStatusCode.MethodNotAllowed);
        Assert.Equal("GET, HEAD, PUT", response.Header("Allow"));
        await host.Client.AskAsync("DELETE", $"/v2/main/app/blobs/{image.Layer}").ShouldFailAsync(HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
    }

    [Fact]
    public async Task A_feeds_limit_on_blobs_holds_for_uploads_of_every_kind_and_for_mounts()
    {
        await using RegistryHost host = await StartAsync(static registry => registry.AddFeed("large").AddFeed("small", static feed => feed.MaxBlobBytes = 10));
        byte[] content = Images.Bytes("more than ten bytes");
        string digest = await host.Client.PushBlobAsync("large/app", content);

        await host.Client.AskAsync("POST", $"/v2/small/app/blobs/uploads/?digest={digest}", new ByteArrayContent(content)).ShouldFailAsync(HttpStatusCode.RequestEntityTooLarge, "SIZE_INVALID");
        string session = (await host.Client.AskAsync("POST", "/v2/small/app/blobs/uploads/").ShouldBeAsync(HttpStatusCode.Accepted)).Header("Location")!;
        await host.Client.AskAsync("PATCH", session, new UnknownLengthContent(content)).ShouldFailAsync(HttpStatusCode.RequestEntityTooLarge, "SIZE_INVALID");
        await host.Client.AskAsync("POST", $"/v2/small/app/blobs/uploads/?mount={digest}&from=large/app").ShouldBeAsync(HttpStatusCode.Accepted);
        await host.Client.FetchAsync($"/v2/small/app/blobs/{digest}").ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
    }

    [Fact]
    public async Task A_feed_takes_the_artifact_types_that_it_names()
    {
        await using RegistryHost host = await StartAsync(static registry => registry
            .AddFeed("charts", static feed => feed.ArtifactTypes.Add("application/vnd.cncf.helm.*"))
            .AddFeed("images", static feed => feed.ArtifactTypes.Add("application/vnd.oci.image.config.v1+json")));

        await host.Client.PushImageAsync("images/app", "v1");
        PushedImage image = await host.Client.PushImageAsync("images/app", "v2");
        string config = await host.Client.PushBlobAsync("charts/app", Images.Bytes("{}"));
        await host.Client.PutManifestAsync("charts/app", "v1", image.Manifest).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        string chart = $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"{{config}}","size":2},"layers":[]}""";
        await host.Client.PutManifestAsync("charts/app", "v1", System.Text.Encoding.UTF8.GetBytes(chart)).ShouldBeAsync(HttpStatusCode.Created);
        await host.Client.PutManifestAsync("charts/app", "all", Images.Index(""), Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_feed_tells_its_users_what_it_has_to_say_and_others_nothing()
    {
        await using RegistryHost host = await StartAsync(static registry => registry.AddFeed("old", static feed => feed.Warnings.Add("This feed ends in May.")).AddFeed("new"));

        HttpResponseMessage old = await host.Client.FetchAsync("/v2/old/app/tags/list");
        HttpResponseMessage other = await host.Client.FetchAsync("/v2/new/app/tags/list");

        Assert.Equal(["299 - \"This feed ends in May.\""], old.HeaderLines("Warning"));
        Assert.Empty(other.HeaderLines("Warning"));
    }

    [Fact]
    public async Task Feeds_that_would_answer_for_the_same_stop_the_start_and_all_mistakes_are_named()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(static registry => registry
            .AddFeed("one", static feed => { feed.Aliases.Add("same"); feed.Hosts.Add("x.example.com"); })
            .AddFeed("two", static feed => { feed.Aliases.Add("same"); feed.Hosts.Add("X.example.com"); })
            .AddFeed("three", static feed => { feed.Store = "nowhere"; feed.MaxBlobBytes = 0; })
            .AddFeed("Bad Name")));

        Assert.Contains("'same': feed 'one' and feed 'two'", e.Message, StringComparison.Ordinal);
        Assert.Contains("'X.example.com': feed 'one' and feed 'two'", e.Message, StringComparison.Ordinal);
        Assert.Contains("MaxBlobBytes of feed 'three' is 0", e.Message, StringComparison.Ordinal);
        Assert.Contains("'Bad Name'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_feed_whose_store_there_is_not_stops_the_start()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(static registry => registry.AddFeed("three", static feed => feed.Store = "nowhere")));

        Assert.Contains("store 'nowhere'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hosts_own_routes_of_the_same_form_come_first()
    {
        await using RegistryHost host = await StartAsync(
            MainAndDefault,
            static app =>
            {
                app.MapGet("/{tenant}/v2/status", static (string tenant) => $"tenant {tenant}");
                app.MapDockerRegistry();
            });

        Assert.Equal("tenant main", await (await host.Client.FetchAsync("/main/v2/status")).TextAsync());
        await host.Client.FetchAsync("/main/v2/").ShouldBeAsync(HttpStatusCode.OK);
    }

    internal static async Task<string[]> PagesAsync(HttpClient client, string path)
    {
        var seen = new List<string>();
        string? next = path;
        while (next is not null)
        {
            HttpResponseMessage response = await client.FetchAsync(next).ShouldBeAsync(HttpStatusCode.OK);
            seen.AddRange((await response.JsonAsync()).GetProperty("repositories").EnumerateArray().Select(static name => name.GetString()!));
            next = response.NextPage();
        }

        return [.. seen];
    }

    private sealed class UnknownLengthContent(byte[] content) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(content, TestContext.Current.CancellationToken).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
