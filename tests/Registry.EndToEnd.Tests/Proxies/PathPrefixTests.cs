using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;
using Registry.TestServers.Proxies;

namespace Registry.EndToEnd.Tests.Proxies;

/// <summary>A registry below a path of the proxy: a path that the app knows of, and one that the proxy cuts off and tells the app of in a header.</summary>
public sealed class PathPrefixTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ProxyDocument.Prefix)]
    [InlineData(ProxyDocument.CutPrefix)]
    public async Task Every_address_in_an_answer_starts_with(string prefix)
    {
        var site = await SharedAsync(prefix);
        using var client = site.Network.NewClient(site.Address);
        var repository = $"{prefix}/v2/{run.NewRepository("prefix")}";
        var content = RandomNumberGenerator.GetBytes(3_000_000);
        var digest = RegistryHttp.Sha256(content);

        // In two pieces and an end, each at the address that the answer before gave.
        using var started = await client.PostAsync($"{repository}/blobs/uploads/", null, Cancelled);
        await RegistryHttp.ExpectAsync(started, HttpStatusCode.Accepted);
        var upload = Location(started, prefix);
        foreach (var piece in (byte[][])[content[..1_500_000], content[1_500_000..]])
        {
            using var body = new ByteArrayContent(piece);
            using var sent = await client.PatchAsync(upload, body, Cancelled);
            await RegistryHttp.ExpectAsync(sent, HttpStatusCode.Accepted);
            upload = Location(sent, prefix);
        }

        using var finished = await client.PutAsync($"{upload}{(upload.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={digest}", null, Cancelled);
        await RegistryHttp.ExpectAsync(finished, HttpStatusCode.Created);
        Assert.Equal(content, await client.GetByteArrayAsync(Location(finished, prefix), Cancelled));

        foreach (var tag in (string[])["a", "b", "c"])
        {
            using var manifest = new StringContent(
                $$$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/octet-stream","digest":"{{{digest}}}","size":{{{content.Length}}}},"layers":[]}""",
                MediaTypeHeaderValue.Parse("application/vnd.oci.image.manifest.v1+json"));
            using var put = await client.PutAsync($"{repository}/manifests/{tag}", manifest, Cancelled);
            await RegistryHttp.ExpectAsync(put, HttpStatusCode.Created);
            Location(put, prefix);
        }

        using var page = await client.GetAsync($"{repository}/tags/list?n=2", Cancelled);
        var next = Assert.Single(page.Headers.GetValues("Link")).Split('<', '>')[1];
        Assert.StartsWith(prefix + "/", next, StringComparison.Ordinal);
        Assert.Contains("\"c\"", await client.GetStringAsync(next, Cancelled), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProxyDocument.Prefix)]
    [InlineData(ProxyDocument.CutPrefix)]
    public async Task Containerd_pulls_from_a_mirror_below(string prefix)
    {
        const string image = "images.example.com";
        var site = await SharedAsync(prefix);
        var repository = run.NewRepository("mirrored");
        var recipe = ImageRecipe.Create();
        await (await SkopeoClient.SharedAsync(run)).At(site.Host.Name).PushAsync(repository, "1", [recipe], Cancelled);
        var access = site.Network.Access(site.Port);
        await using var containerd = await ContainerdClient.StartAsync(run, access);
        var hosts = ProxyDocument.Put(ProxyDocument.Hosts, $"https://{ProxyDocument.ServerName}{ProxyDocument.Prefix}/v2", $"https://{access.Name}{prefix}/v2");
        containerd.SetHosts(image, $"{hosts}  ca = \"{access.AuthorityFile}\"\n");

        var content = await containerd.PullAsync($"{image}/{repository}:1", "amd64", Cancelled);

        Assert.Equal(recipe.Files, content.Files);
    }

    [Fact]
    public async Task Nobody_but_the_proxy_says_what_the_path_is()
    {
        var site = await SharedAsync(ProxyDocument.Prefix);
        using var client = site.Network.NewClient(site.Address);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{ProxyDocument.Prefix}/v2/{run.NewRepository("prefix")}/blobs/uploads/");
        request.Headers.Add("X-Forwarded-Prefix", "/somewhere/else");

        using var response = await client.SendAsync(request, Cancelled);

        await RegistryHttp.ExpectAsync(response, HttpStatusCode.Accepted);
        Location(response, ProxyDocument.Prefix);
    }

    private static string Location(HttpResponseMessage response, string prefix)
    {
        var location = response.Headers.Location!.OriginalString;
        Assert.StartsWith(prefix + "/v2/", location, StringComparison.Ordinal);
        return location;
    }

    private Task<Site> SharedAsync(string prefix) => run.SharedAsync($"prefix-proxy {prefix}", async () =>
    {
        var network = await ProxyNetwork.SharedAsync(run);
        var options = HostOptions.Sample("BehindProxy", ["--Registry:Data={data}"]).WithSocket();
        var cut = prefix == ProxyDocument.CutPrefix;
        var host = await run.StartAsync(cut ? options : options.With($"--Proxy:PathBase={prefix}"), "prefix-host", CancellationToken.None);
        // Only what is below the path reaches the app.
        var location = cut ? ProxyDocument.CutLocation : ProxyDocument.PrefixLocation;
        var server = ProxyDocument.ServerWith(location).Replace("    location / {\n        proxy_pass http://127.0.0.1:5000;", "    location / {\n        return 404;", StringComparison.Ordinal);
        var port = FreePort.Find();
        var inside = cut ? 8446 : 8445;
        return new Site(
            network,
            host,
            new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}")),
            inside,
            await network.StartOutsideAsync(server, host, port, CancellationToken.None),
            await network.StartNginxAsync(server, host, ProxyDocument.ServerName, [inside], CancellationToken.None));
    });

    private sealed record Site(ProxyNetwork Network, RegistryHost Host, Uri Address, int Port, NginxServer Outside, NginxServer Inside) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Outside.DisposeAsync();
            await Inside.DisposeAsync();
            await Host.DisposeAsync();
        }
    }
}
