using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;
using Registry.TestServers.Proxies;

namespace Registry.EndToEnd.Tests.Proxies;

/// <summary>Signing in to a registry below a path of the proxy: where to get tokens has to be an address that leads back through the proxy.</summary>
public sealed class SignInBelowPathTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ProxyDocument.Prefix)]
    [InlineData(ProxyDocument.CutPrefix)]
    public async Task The_challenge_names_the_address_that_clients_see(string prefix)
    {
        var site = await SharedAsync(prefix);
        using var client = site.Network.NewClient(site.Address);
        var start = $"{prefix}/v2/{SignInSite.Feed}/{run.NewRepository("prefix")}/blobs/uploads/";

        using var refused = await client.PostAsync(start, null, Cancelled);

        await RegistryHttp.ExpectAsync(refused, HttpStatusCode.Unauthorized);
        var challenge = Assert.Single(refused.Headers.WwwAuthenticate);
        Assert.Equal("Bearer", challenge.Scheme);
        Assert.Contains($"realm=\"{site.Address.GetLeftPart(UriPartial.Authority)}{prefix}/v2/_auth\"", challenge.Parameter, StringComparison.Ordinal);

        string Value(string name) => challenge.Parameter!.Split($"{name}=\"")[1].Split('"')[0];
        using var asking = new HttpRequestMessage(
            HttpMethod.Get, $"{Value("realm")}?service={Uri.EscapeDataString(Value("service"))}&scope={Uri.EscapeDataString(Value("scope"))}");
        asking.Headers.Authorization = SignInSite.BasicHeader(SignInSite.Writer);
        using var answered = await client.SendAsync(asking, Cancelled);
        await RegistryHttp.ExpectAsync(answered, HttpStatusCode.OK);
        using var json = JsonDocument.Parse(await answered.Content.ReadAsStringAsync(Cancelled));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", json.RootElement.GetProperty("token").GetString());
        using var allowed = await client.PostAsync(start, null, Cancelled);
        await RegistryHttp.ExpectAsync(allowed, HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData(ProxyDocument.Prefix)]
    [InlineData(ProxyDocument.CutPrefix)]
    public async Task Containerd_signs_in_to_a_mirror_below(string prefix)
    {
        const string other = "images.example.com";
        var site = await SharedAsync(prefix);
        var repository = $"{SignInSite.Feed}/{run.NewRepository("mirrored")}";
        var recipe = ImageRecipe.Create();
        await using var skopeo = SkopeoClient.Create(run, new RegistryAccess(site.Host.Name));
        await skopeo.LogInAsync(SignInSite.Writer, Cancelled);
        await skopeo.PushAsync(repository, "1", [recipe], Cancelled);
        var access = site.Network.Access(site.Port, ProxyNetwork.BasicName);
        await using var containerd = await ContainerdClient.StartAsync(run, access);
        await containerd.LogInAsync(SignInSite.Reader, Cancelled);
        containerd.SetHosts(other, Mirrors.MirrorSettings.Containerd(other, new Uri($"https://{access.Name}{prefix}/v2"), access.AuthorityFile));

        var content = await containerd.PullAsync($"{other}/{repository}:1", "amd64", Cancelled);

        Assert.Equal(recipe.Files, content.Files);
    }

    private Task<Site> SharedAsync(string prefix) => run.SharedAsync($"sign-in below {prefix}", async () =>
    {
        var network = await ProxyNetwork.SharedAsync(run);
        var cut = prefix == ProxyDocument.CutPrefix;
        var host = await SignInSite.StartHostAsync(run, cut ? [] : [$"--Proxy:PathBase={prefix}"]);
        var server = ProxyDocument.ServerWith(cut ? ProxyDocument.CutLocation : ProxyDocument.PrefixLocation);
        var outside = FreePort.Find();
        var inside = cut ? 8446 : 8445;
        return new Site(
            network,
            host,
            new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{outside}")),
            inside,
            await network.StartOutsideAsync(server, host, outside, CancellationToken.None),
            await network.StartNginxAsync(server, host, ProxyNetwork.BasicName, [inside], CancellationToken.None));
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
