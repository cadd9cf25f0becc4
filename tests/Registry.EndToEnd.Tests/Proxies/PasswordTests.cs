using System.Text.RegularExpressions;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;
using Registry.TestServers.Proxies;

namespace Registry.EndToEnd.Tests.Proxies;

/// <summary>nginx that ends TLS and asks for a password, in front of a registry that is open to everybody who reaches it.</summary>
public sealed partial class PasswordTests(TestRun run)
{
    private const int OddPort = 8443;
    private const int LargeLayerBytes = 64 * 1024 * 1024;

    private static readonly Login Alice = new("alice", "correct horse: battery");

    public static TheoryData<string> Clients => [.. ImageClients.All];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task On_the_standard_port_an_image_with_a_large_layer_is_pushed_and_pulled_by(string name)
    {
        var site = await SharedAsync();
        await using var client = await ImageClients.CreateAsync(run, name, site.Network.Access(443));
        await client.LogInAsync(Alice, Cancelled);

        var pushed = await client.PushAsync(run.NewRepository(name), "large", [ImageRecipe.Create().WithLargeLayers(1, LargeLayerBytes)], Cancelled);

        Assert.StartsWith($"{ProxyDocument.ServerName}/", pushed.Reference, StringComparison.Ordinal);
        await ImageAssert.WholeAsync(site.Host.Http, pushed, Cancelled);
        await ImageAssert.PulledEqualAsync(site.Host.Http, pushed, client, "amd64", Cancelled);
        Assert.DoesNotContain("buffered to a temporary file", site.Nginx.LogTail(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task On_another_port_an_index_is_pushed_and_pulled_by(string name)
    {
        var site = await SharedAsync();
        await using var client = await ImageClients.CreateAsync(run, name, site.Network.Access(OddPort));
        await client.LogInAsync(Alice, Cancelled);

        var pushed = await client.PushAsync(run.NewRepository(name), "multi", [ImageRecipe.Create(), ImageRecipe.Create("arm64")], Cancelled);

        Assert.StartsWith($"{ProxyDocument.ServerName}:{OddPort}/", pushed.Reference, StringComparison.Ordinal);
        await ImageAssert.WholeAsync(site.Host.Http, pushed, Cancelled);
        await ImageAssert.PulledEqualAsync(site.Host.Http, pushed, client, "arm64", Cancelled);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_wrong_password_is_refused_to(string name)
    {
        var site = await SharedAsync();
        var repository = await PushDirectlyAsync(site);
        await using var client = await ImageClients.CreateAsync(run, name, site.Network.Access(443));

        var refused = await Assert.ThrowsAsync<CommandFailedException>(async () =>
        {
            await client.LogInAsync(Alice with { Password = "wrong" }, Cancelled);
            await client.PullAsync($"{ProxyDocument.ServerName}/{repository}:1", "amd64", Cancelled);
        });

        AssertUnauthorized(refused);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Without_a_password_nothing_is_given_to(string name)
    {
        var site = await SharedAsync();
        var repository = await PushDirectlyAsync(site);
        await using var client = await ImageClients.CreateAsync(run, name, site.Network.Access(OddPort));

        AssertUnauthorized(await Assert.ThrowsAsync<CommandFailedException>(
            () => client.PullAsync($"{ProxyDocument.ServerName}:{OddPort}/{repository}:1", "amd64", Cancelled)));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_certificate_of_an_authority_that_it_was_not_told_of_is_refused_by(string name)
    {
        var site = await SharedAsync();
        var repository = await PushDirectlyAsync(site);
        await using var client = await ImageClients.CreateAsync(run, name, site.Network.UntrustedAccess(443));

        var refused = await Assert.ThrowsAsync<CommandFailedException>(async () =>
        {
            await client.LogInAsync(Alice, Cancelled);
            await client.PullAsync($"{ProxyNetwork.UntrustedName}/{repository}:1", "amd64", Cancelled);
        });

        Assert.Matches(name == ImageClients.DotNetSdk ? "SSL connection|certificate" : "certificate signed by unknown authority", refused.Message);
    }

    [Fact]
    public async Task The_limit_of_bodies_has_to_be_lifted()
    {
        var network = await ProxyNetwork.SharedAsync(run);
        await using var host = await StartHostAsync("limited");
        var limited = ProxyDocument.Put(ProxyDocument.Server, "    client_max_body_size 0;\n", "");
        await using var nginx = await network.StartNginxAsync(limited, host, ProxyDocument.ServerName, [8444], Cancelled);
        await using var skopeo = await ImageClients.CreateAsync(run, ImageClients.Skopeo, network.Access(8444));

        var refused = await Assert.ThrowsAsync<CommandFailedException>(
            () => skopeo.PushAsync(run.NewRepository("limited"), "1", [ImageRecipe.Create().WithLargeLayers(1, 2_000_000)], Cancelled));

        Assert.Contains("413", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Skopeo_takes_a_password_with_the_command()
    {
        var site = await SharedAsync();
        var repository = await PushDirectlyAsync(site);
        await using var skopeo = SkopeoClient.Create(run, site.Network.Access(443));

        var inspected = await skopeo.RunAsync(["inspect", "--creds", $"{Alice.UserName}:{Alice.Password}", $"docker://{ProxyDocument.ServerName}/{repository}:1"], Cancelled);

        Assert.Contains("\"Digest\"", inspected.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Buildah_logs_in_and_pushes()
    {
        var site = await SharedAsync();
        await using var buildah = ContainersShell.Create(run, "buildah", site.Network.Access(443));
        var context = buildah.Shell.NewDirectory("context");
        ImageRecipe.Create().WriteBuildContext(context);
        var repository = run.NewRepository("buildah");
        var reference = $"{ProxyDocument.ServerName}/{repository}:1";

        await buildah.LogInAsync(Alice, Cancelled);
        await buildah.RunAsync(["build", "--quiet", "--tag", reference, context], Cancelled);
        await buildah.RunAsync(["push", "--quiet", reference], Cancelled);

        await site.Host.Http.PullWholeAsync(repository, "1", Cancelled);
    }

    [Fact]
    public async Task The_dotnet_sdk_uses_what_docker_login_left()
    {
        var site = await SharedAsync();
        await using var sdk = await DotNetSdkClient.CreateAsync(run, site.Network.Access(OddPort));
        await sdk.LogInByFileAsync(Alice, Cancelled);

        var pushed = await sdk.PushAsync(run.NewRepository("dotnet"), "1", [ImageRecipe.Create()], Cancelled);

        await ImageAssert.WholeAsync(site.Host.Http, pushed, Cancelled);
    }

    private static void AssertUnauthorized(CommandFailedException refused) =>
        Assert.True(Unauthorized().IsMatch(refused.Message), refused.Message);

    [GeneratedRegex(@"\b401\b|unauthorized|authentication required|invalid username/password|basic credential not found|no basic auth credentials|CONTAINER1\d\d\d")]
    private static partial Regex Unauthorized();

    /// <summary>An image that is there without having passed the proxy.</summary>
    private async Task<string> PushDirectlyAsync(Site site)
    {
        var repository = run.NewRepository("direct");
        await (await SkopeoClient.SharedAsync(run)).At(site.Host.Name).PushAsync(repository, "1", [ImageRecipe.Create()], Cancelled);
        return repository;
    }

    private Task<RegistryHost> StartHostAsync(string name) =>
        run.StartAsync(HostOptions.Sample("BehindProxy", ["--Registry:Data={data}"]).WithSocket(), name, CancellationToken.None);

    private Task<Site> SharedAsync() => run.SharedAsync("password-proxy", async () =>
    {
        var network = await ProxyNetwork.SharedAsync(run);
        var passwords = await SignInSite.WriteHtpasswdAsync(run, Alice);
        var host = await StartHostAsync("password-host");
        var server = ProxyDocument.ServerWith(ProxyDocument.Put(ProxyDocument.Password, "/etc/nginx/registry.htpasswd", passwords));
        return new Site(network, host, await network.StartNginxAsync(server, host, ProxyDocument.ServerName, [443, OddPort], CancellationToken.None));
    });

    private sealed record Site(ProxyNetwork Network, RegistryHost Host, NginxServer Nginx) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Nginx.DisposeAsync();
            await Host.DisposeAsync();
        }
    }
}
