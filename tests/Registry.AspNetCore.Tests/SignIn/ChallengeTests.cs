using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.SignIn;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.SignIn;

/// <summary>What clients without credentials are asked for.</summary>
public sealed class ChallengeTests
{
    private static void ForAlice(IDockerRegistryBuilder registry) => registry.AddGrants(static grants => grants.Allow("user:alice", "*"));

    [Theory]
    [Trait("Protocol", "K1")]
    [Trait("Protocol", "K3")]
    [Trait("Protocol", "V2")]
    [InlineData("GET", "/v2/", null)]
    [InlineData("GET", "/v2", null)]
    [InlineData("GET", "/v2/_catalog", "registry:catalog:*")]
    [InlineData("GET", "/v2/a/b/manifests/v1", "repository:a/b:pull")]
    [InlineData("HEAD", "/v2/a/b/manifests/v1", "repository:a/b:pull")]
    [InlineData("GET", "/v2/a/b/tags/list", "repository:a/b:pull")]
    [InlineData("HEAD", "/v2/a/b/blobs/" + Images.Unknown, "repository:a/b:pull")]
    [InlineData("GET", "/v2/a/b/referrers/" + Images.Unknown, "repository:a/b:pull")]
    [InlineData("POST", "/v2/a/b/blobs/uploads/", "repository:a/b:pull,push")]
    [InlineData("POST", "/v2/a/b/blobs/uploads/?mount=" + Images.Unknown + "&from=c/d", "repository:a/b:pull,push repository:c/d:pull")]
    [InlineData("PATCH", "/v2/a/b/blobs/uploads/01234567890123456789012345", "repository:a/b:pull,push")]
    [InlineData("PUT", "/v2/a/b/manifests/v1", "repository:a/b:pull,push")]
    [InlineData("DELETE", "/v2/a/b/manifests/v1", "repository:a/b:delete")]
    public async Task One_bearer_challenge_says_where_for_which_service_and_for_what(string method, string path, string? scope)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAlice);

        HttpResponseMessage response = await registry.Client.AskAsync(method, path).ShouldBeAsync(HttpStatusCode.Unauthorized);

        string expected = $"Bearer realm=\"http://{registry.Authority}/v2/_auth\",service=\"{registry.Authority}\"" + (scope is null ? "" : $",scope=\"{scope}\"");
        Assert.Equal([expected], response.HeaderLines("WWW-Authenticate"));
        Assert.Empty(response.HeaderLines("Set-Cookie"));
    }

    [Fact]
    [Trait("Protocol", "K1")]
    public async Task A_token_that_is_not_right_is_named_as_the_reason()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAlice);

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/app/manifests/v1", TokenAnswers.Bearer("CfDJ8nonsense")).ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.EndsWith(",scope=\"repository:app:pull\",error=\"invalid_token\"", Assert.Single(response.HeaderLines("WWW-Authenticate")), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Protocol", "K8")]
    public async Task A_token_for_something_else_is_answered_401_where_another_can_help_and_403_where_none_can()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(
            static registry => registry.AddGrants(static grants => grants.Allow("user:alice", "/a*").Allow("user:bob", "/app", RegistryAction.Pull)));
        await registry.UseAsync("alice", "repository:app:pull");

        await registry.Client.FetchAsync("/v2/app/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        HttpResponseMessage other = await registry.Client.AskAsync("POST", "/v2/app/blobs/uploads/").ShouldBeAsync(HttpStatusCode.Unauthorized);
        Assert.EndsWith(",scope=\"repository:app:pull,push\",error=\"insufficient_scope\"", Assert.Single(other.HeaderLines("WWW-Authenticate")), StringComparison.Ordinal);
        await registry.Client.FetchAsync("/v2/zoo/manifests/v1").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.UseAsync("bob", "repository:app:pull,push");
        await registry.Client.AskAsync("POST", "/v2/app/blobs/uploads/").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Fact]
    [Trait("Protocol", "K10")]
    public async Task A_registry_may_ask_for_passwords_instead()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry =>
        {
            ForAlice(registry);
            registry.AddSignIn(static options => options.Challenge = SignInChallenge.Basic);
        });

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Equal([$"Basic realm=\"{registry.Authority}\", charset=\"UTF-8\""], response.HeaderLines("WWW-Authenticate"));
        await registry.Client.FetchAsync("/v2/", BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "K10")]
    public async Task Passwords_with_every_request_can_be_switched_off()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry =>
        {
            ForAlice(registry);
            registry.AddSignIn(static options => options.AllowBasic = false);
        });

        await registry.Client.FetchAsync("/v2/", BasicScheme.SignIn("alice")).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.UseAsync("alice", "");
        await registry.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "K9")]
    public async Task The_realm_follows_trusted_proxies_and_no_others()
    {
        (string, string)[] forwarded = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "registry.example.com:8443"), ("X-Forwarded-Prefix", "/apps")];

        await using (SignInRegistry untrusting = await SignInRegistry.StartAsync(ForAlice))
        {
            HttpResponseMessage response = await untrusting.Client.FetchAsync("/v2/", forwarded).ShouldBeAsync(HttpStatusCode.Unauthorized);
            Assert.StartsWith($"Bearer realm=\"http://{untrusting.Authority}/v2/_auth\"", response.Header("WWW-Authenticate"), StringComparison.Ordinal);
        }

        await using (SignInRegistry trusting = await StartBehindAsync(IPAddress.Loopback))
        {
            HttpResponseMessage response = await trusting.Client.FetchAsync("/v2/", forwarded).ShouldBeAsync(HttpStatusCode.Unauthorized);
            Assert.Equal("Bearer realm=\"https://registry.example.com:8443/apps/v2/_auth\",service=\"registry.example.com:8443\"", response.Header("WWW-Authenticate"));
        }

        await using (SignInRegistry trustingOthers = await StartBehindAsync(IPAddress.Parse("192.0.2.1")))
        {
            HttpResponseMessage response = await trustingOthers.Client.FetchAsync("/v2/", forwarded).ShouldBeAsync(HttpStatusCode.Unauthorized);
            Assert.StartsWith($"Bearer realm=\"http://{trustingOthers.Authority}/v2/_auth\"", response.Header("WWW-Authenticate"), StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Protocol", "K9")]
    public async Task A_fixed_address_counts_whatever_the_request_says()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry =>
        {
            ForAlice(registry);
            registry.AddSignIn(static options => options.BaseUrl = new Uri("https://registry.example.com/apps/"));
        });

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/", ("Host", "evil.example")).ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Equal("Bearer realm=\"https://registry.example.com/apps/v2/_auth\",service=\"registry.example.com\"", response.Header("WWW-Authenticate"));
        string token = await registry.Client.FetchAsync("/v2/_auth?service=registry.example.com", BasicScheme.SignIn("alice")).TokenAsync();
        await registry.Client.FetchAsync("/v2/", TokenAnswers.Bearer(token)).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "K9")]
    public async Task A_path_before_the_registry_is_a_part_of_the_realm()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAlice, map: static app =>
        {
            app.UsePathBase("/apps");
            app.UseRouting();
            app.MapDockerRegistry("/registry/v2");
        });

        HttpResponseMessage response = await registry.Client.FetchAsync("/apps/registry/v2/").ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Contains($"realm=\"http://{registry.Authority}/apps/registry/v2/_auth\"", response.Header("WWW-Authenticate"), StringComparison.Ordinal);
        string token = await registry.AskTokenAsync("&scope=repository:app:pull", "alice", "/apps/registry/v2/_auth").TokenAsync();
        await registry.Client.FetchAsync("/apps/registry/v2/app/manifests/v1", TokenAnswers.Bearer(token)).ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    private static Task<SignInRegistry> StartBehindAsync(IPAddress proxy) => SignInRegistry.StartAsync(
        ForAlice,
        builder => builder.Services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders = ForwardedHeaders.All;
            options.KnownIPNetworks.Clear();
            options.KnownProxies.Clear();
            options.KnownProxies.Add(proxy);
        }),
        static app =>
        {
            app.UseForwardedHeaders();
            app.UseRouting();
            app.MapDockerRegistry();
        });
}
