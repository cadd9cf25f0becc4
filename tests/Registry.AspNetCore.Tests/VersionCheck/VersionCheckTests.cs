using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.VersionCheck;

public sealed class VersionCheckTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    [Theory]
    [Trait("Protocol", "V1")]
    [InlineData("/v2/")]
    [Trait("Protocol", "V5")]
    [InlineData("/v2")]
    public async Task An_open_registry_says_that_it_is_one(string path)
    {
        Answer get = (await registry.Client.GetAsync(path)).Expect(200);
        Answer head = (await registry.Client.HeadAsync(path)).Expect(200);

        Assert.Equal("{}", get.Text);
        Assert.Equal("application/json", get["Content-Type"]);
        Assert.Equal("2", get["Content-Length"]);
        Assert.Equal("2", head["Content-Length"]);
        Assert.Equal("registry/2.0", head["Docker-Distribution-API-Version"]);
        Assert.Null(get["WWW-Authenticate"]);
    }

    [Theory]
    [Trait("Protocol", "V2")]
    [InlineData("GET", "/v2/")]
    [InlineData("GET", "/v2")]
    [InlineData("HEAD", "/v2/")]
    public async Task A_protected_registry_asks_who_is_there(string method, string path)
    {
        RegistryHost host = await Accounts.StartRegistryAsync(static (user, _, _) => user is not null);
        await using (host)
        {
            Answer answer = (await new RegistryClient(host.Client).SendAsync(method, path)).Expect(401);

            Assert.Equal("Basic realm=\"registry\"", answer["WWW-Authenticate"]);
            Assert.Equal("application/json", answer["Content-Type"]);
            Assert.Equal(method == "HEAD" ? null : "UNAUTHORIZED", answer.ErrorCode);
            (await host.SignIn("somebody").SendAsync(method, path)).Expect(200);
        }
    }

    [Fact]
    [Trait("Protocol", "V2")]
    public async Task A_registry_that_anybody_may_pull_from_asks_all_the_same()
    {
        RegistryHost host = await Accounts.StartRegistryAsync(static (user, _, _) => user is not null, static registry => registry.AllowAnonymousPull());
        await using (host)
        {
            var nobody = new RegistryClient(host.Client);

            (await nobody.GetAsync("/v2/")).Expect(401, "UNAUTHORIZED");
            (await nobody.GetAsync("/v2/_catalog")).Expect(200);
            (await nobody.PostAsync("/v2/a/blobs/uploads/")).Expect(401, "UNAUTHORIZED");
            (await host.SignIn("somebody").GetAsync("/v2/")).Expect(200);
        }
    }

    [Theory]
    [Trait("Protocol", "V4")]
    [InlineData("Basic c29tZWJvZHk6d3Jvbmc=")]
    [InlineData("Bearer nonsense")]
    [InlineData("Basic")]
    [InlineData("nonsense")]
    public async Task Wrong_credentials_are_asked_for_again(string authorization)
    {
        RegistryHost host = await Accounts.StartRegistryAsync(static (user, _, _) => user is not null);
        await using (host)
        {
            Answer answer = (await RawHttp.SendAsync(host, "GET /v2/", $"Authorization: {authorization}")).Expect(401, "UNAUTHORIZED");

            Assert.NotNull(answer["WWW-Authenticate"]);
        }
    }

    [Fact]
    [Trait("Protocol", "V4")]
    public async Task Wrong_credentials_do_not_get_what_nobody_gets()
    {
        RegistryHost host = await Accounts.StartRegistryAsync(static (user, action, _) => user is not null || action == RegistryAction.Connect);
        await using (host)
        {
            (await host.SignIn("somebody", "wrong").GetAsync("/v2/a/tags/list")).Expect(401, "UNAUTHORIZED");
            (await host.SignIn("somebody", "wrong").PostAsync("/v2/a/blobs/uploads/")).Expect(401, "UNAUTHORIZED");
        }
    }

    [Theory]
    [Trait("Protocol", "V6")]
    [InlineData("GET", 200)]
    [InlineData("HEAD", 200)]
    [InlineData("POST", 405)]
    [InlineData("DELETE", 405)]
    public async Task The_version_check_is_never_missing(string method, int status)
    {
        foreach (string path in new[] { "/v2/", "/v2", "/v2/?x=y", "/v2?x=y" })
        {
            (await registry.Client.SendAsync(method, path)).Expect(status);
        }
    }

    [Theory]
    [Trait("Protocol", "V7")]
    [InlineData("/v1/_ping")]
    [InlineData("/v1/search?q=x")]
    [InlineData("/v1/")]
    [InlineData("/_ping")]
    [InlineData("/v2x/")]
    [InlineData("/")]
    public async Task What_is_not_under_the_prefix_is_not_the_registrys(string path) => (await registry.Client.GetAsync(path)).Expect(404);
}
