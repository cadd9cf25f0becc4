using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Access;

/// <summary>Challenges, which the host's own scheme writes.</summary>
public sealed class BasicChallengeTests
{
    private static readonly Rule AliceMayAll = static (user, _, _) => user == "alice";

    [Theory]
    [Trait("Protocol", "V2")]
    [Trait("Protocol", "K10")]
    [InlineData("GET", "/v2/")]
    [InlineData("HEAD", "/v2/")]
    [InlineData("GET", "/v2")]
    [InlineData("GET", "/v2/_catalog")]
    [InlineData("GET", "/v2/app/manifests/v1")]
    [InlineData("HEAD", "/v2/app/manifests/v1")]
    [InlineData("HEAD", "/v2/app/blobs/" + Images.Unknown)]
    [InlineData("GET", "/v2/app/tags/list")]
    [InlineData("GET", "/v2/app/referrers/" + Images.Unknown)]
    [InlineData("POST", "/v2/app/blobs/uploads/")]
    [InlineData("PATCH", "/v2/app/blobs/uploads/01234567890123456789012345")]
    [InlineData("PUT", "/v2/app/manifests/v1")]
    [InlineData("DELETE", "/v2/app/manifests/v1")]
    public async Task Who_has_not_signed_in_is_asked_to(string method, string path)
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(AliceMayAll);

        HttpResponseMessage response = await registry.Client.AskAsync(method, path).ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Equal([BasicScheme.Challenge], response.HeaderLines("WWW-Authenticate"));
        Assert.Equal("application/json", response.Header("Content-Type"));
        if (method != "HEAD")
        {
            Assert.Equal("UNAUTHORIZED", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        }
    }

    [Theory]
    [Trait("Protocol", "V4")]
    [InlineData("alice", "wrong")]
    [InlineData("nobody", "at all")]
    [InlineData("", "")]
    public async Task Wrong_credentials_are_challenged_again(string user, string password)
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(AliceMayAll);

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/", BasicScheme.Credentials(user, password)).ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Equal([BasicScheme.Challenge], response.HeaderLines("WWW-Authenticate"));
        Assert.Equal("UNAUTHORIZED", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
    }

    [Fact]
    [Trait("Protocol", "K10")]
    public async Task Who_signed_in_pushes_and_pulls()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(AliceMayAll);
        BasicScheme.As(registry.Client, "alice");

        await registry.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);
        PushedImage image = await registry.Client.PushImageAsync("app", "v1");
        await registry.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await registry.Client.FetchAsync($"/v2/app/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Theory]
    [Trait("Protocol", "K8")]
    [InlineData("GET", "/v2/")]
    [InlineData("GET", "/v2/_catalog")]
    [InlineData("GET", "/v2/app/manifests/v1")]
    [InlineData("PUT", "/v2/app/manifests/v1")]
    [InlineData("DELETE", "/v2/app/manifests/v1")]
    public async Task Who_signed_in_and_may_not_is_denied_and_not_asked_again(string method, string path)
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(AliceMayAll);

        HttpResponseMessage response = await registry.Client.AskAsync(method, path, null, BasicScheme.SignIn("bob")).ShouldBeAsync(HttpStatusCode.Forbidden);

        Assert.Equal("DENIED", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        Assert.Empty(response.HeaderLines("WWW-Authenticate"));
    }

    [Theory]
    [Trait("Protocol", "K11")]
    [Trait("Protocol", "V2")]
    [InlineData("GET", "/v2/", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/v2/_catalog", HttpStatusCode.OK)]
    [InlineData("GET", "/v2/app/tags/list", HttpStatusCode.OK)]
    [InlineData("GET", "/v2/app/manifests/v1", HttpStatusCode.OK)]
    [InlineData("HEAD", "/v2/app/manifests/v1", HttpStatusCode.OK)]
    [InlineData("GET", "/v2/app/manifests/none", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v2/app/referrers/" + Images.Unknown, HttpStatusCode.OK)]
    [InlineData("HEAD", "/v2/app/blobs/" + Images.Unknown, HttpStatusCode.NotFound)]
    [InlineData("POST", "/v2/app/blobs/uploads/", HttpStatusCode.Unauthorized)]
    [InlineData("PUT", "/v2/app/manifests/v1", HttpStatusCode.Unauthorized)]
    [InlineData("DELETE", "/v2/app/manifests/v1", HttpStatusCode.Unauthorized)]
    public async Task With_anonymous_pull_only_the_version_check_and_writes_are_challenged(string method, string path, HttpStatusCode expected)
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(AliceMayAll, static builder => builder.AllowAnonymousPull());
        BasicScheme.As(registry.Client, "alice");
        await registry.Client.PushImageAsync("app", "v1");
        BasicScheme.As(registry.Client, null);

        HttpResponseMessage response = await registry.Client.AskAsync(method, path).ShouldBeAsync(expected);

        Assert.Equal(expected == HttpStatusCode.Unauthorized ? [BasicScheme.Challenge] : [], response.HeaderLines("WWW-Authenticate"));
    }

    [Fact]
    [Trait("Protocol", "K11")]
    [Trait("Protocol", "V4")]
    public async Task With_anonymous_pull_everybody_who_signed_in_may_connect_and_wrong_credentials_may_not()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(AliceMayAll, static builder => builder.AllowAnonymousPull());

        await registry.Client.FetchAsync("/v2/", BasicScheme.SignIn("bob")).ShouldBeAsync(HttpStatusCode.OK);
        await registry.Client.FetchAsync("/v2/", BasicScheme.Credentials("bob", "wrong")).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.AskAsync("PUT", "/v2/app/manifests/v1", null, BasicScheme.SignIn("bob")).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Fact]
    [Trait("Protocol", "K12")]
    public async Task A_session_outlives_the_credentials()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(AliceMayAll);
        HttpResponseMessage started = await registry.Client.AskAsync("POST", "/v2/app/blobs/uploads/", null, BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.Accepted);
        string session = started.Header("Location")!;
        byte[] content = Images.Bytes("content");

        await registry.Client.AskAsync("PATCH", session, new ByteArrayContent(content), BasicScheme.Credentials("alice", "expired")).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.AskAsync("PATCH", session, new ByteArrayContent(content), BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.Accepted);
        await registry.Client.AskAsync("PUT", $"{session}?digest={Images.Sha256(content)}", null).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.AskAsync("PUT", $"{session}?digest={Images.Sha256(content)}", null, BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.Created);
    }

    [Theory]
    [Trait("Protocol", "K2")]
    [InlineData("Basic", "Other")]
    [InlineData("Other", "Basic")]
    public async Task Several_schemes_challenge_in_the_hosts_order_each_on_a_line(string first, string second)
    {
        await using RegistryHost host = await StartAsync(
            static services => services.AddAuthentication()
                .AddScheme<AuthenticationSchemeOptions, BasicScheme>("Basic", null)
                .AddScheme<AuthenticationSchemeOptions, BasicScheme>("Other", null),
            first,
            second);

        HttpResponseMessage response = await host.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Equal([$"{first} realm=\"test\"", $"{second} realm=\"test\""], response.HeaderLines("WWW-Authenticate"));
        await host.Client.FetchAsync("/v2/", BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "K1")]
    public async Task Without_a_scheme_the_hosts_default_scheme_counts()
    {
        await using RegistryHost host = await StartAsync(static services => services.AddAuthentication("Basic").AddScheme<AuthenticationSchemeOptions, BasicScheme>("Basic", null));

        HttpResponseMessage challenged = await host.Client.FetchAsync("/v2/app/tags/list").ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Equal([BasicScheme.Challenge], challenged.HeaderLines("WWW-Authenticate"));
        await host.Client.FetchAsync("/v2/", BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/", BasicScheme.SignIn("bob")).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Theory]
    [Trait("Protocol", "K1")]
    [InlineData("/v2/")]
    [InlineData("/v2/app/manifests/v1")]
    public async Task A_scheme_made_for_pages_leads_no_client_to_a_form(string path)
    {
        await using RegistryHost host = await StartAsync(static services => services.AddAuthentication("Cookies").AddCookie("Cookies"));

        HttpResponseMessage response = await host.Client.FetchAsync(path).ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Equal("UNAUTHORIZED", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        Assert.Null(response.Header("Location"));
        Assert.Empty(response.HeaderLines("Set-Cookie"));
    }

    [Fact]
    [Trait("Protocol", "K1")]
    public async Task Where_there_is_no_scheme_the_hosts_middleware_says_who_the_caller_is()
    {
        await using RegistryHost host = await RegistryHost.StartAsync(
            static builder =>
            {
                builder.Services.AddSingleton<IAuthorizationHandler>(new RulesHandler(AliceMayAll));
                builder.Services.AddDockerRegistry().AddInMemoryStorage().UseAuthorization();
            },
            static app =>
            {
                app.Use(static (context, next) =>
                {
                    if (context.Request.Headers.TryGetValue("X-User", out var user))
                    {
                        context.User = new(new System.Security.Claims.ClaimsIdentity([new(System.Security.Claims.ClaimTypes.Name, user.ToString())], "header"));
                    }

                    return next(context);
                });
                app.MapDockerRegistry();
            });

        await host.Client.FetchAsync("/v2/", ("X-User", "alice")).ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/", ("X-User", "bob")).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await host.Client.FetchAsync("/v2/").ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    private static Task<RegistryHost> StartAsync(Action<IServiceCollection> authenticate, params string[] schemes) => RegistryHost.StartAsync(
        builder =>
        {
            authenticate(builder.Services);
            builder.Services.AddSingleton<IAuthorizationHandler>(new RulesHandler(AliceMayAll));
            builder.Services.AddDockerRegistry().AddInMemoryStorage().UseAuthorization(schemes);
        },
        static app => app.MapDockerRegistry());
}
