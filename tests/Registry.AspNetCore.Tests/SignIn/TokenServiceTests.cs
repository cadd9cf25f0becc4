using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Tests.Testing;
using Registry.AspNetCore.Tokens;

namespace Registry.AspNetCore.Tests.SignIn;

/// <summary>Tokens: how they are asked for, what is in the answers, and what they open.</summary>
public sealed class TokenServiceTests
{
    private static void ForAliceAndBob(IDockerRegistryBuilder registry) => registry.AddGrants(static grants => grants
        .Allow("role:dev", "*")
        .Allow("user:bob", "/open/*", RegistryAction.Pull, RegistryAction.List));

    [Fact]
    [Trait("Protocol", "K4")]
    public async Task A_get_with_a_password_gives_a_token_in_both_names_with_its_time()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        HttpResponseMessage response = await registry.AskTokenAsync("&account=alice&client_id=docker&scope=repository:app:pull,push", "alice").ShouldBeAsync(HttpStatusCode.OK);

        JsonElement json = await response.JsonAsync();
        Assert.Equal(json.GetProperty("token").GetString(), json.GetProperty("access_token").GetString());
        Assert.Equal(3600, json.GetProperty("expires_in").GetInt32());
        Assert.Equal(registry.Clock.GetUtcNow().ToUnixTimeSeconds(), DateTimeOffset.Parse(json.GetProperty("issued_at").GetString()!, null).ToUnixTimeSeconds());
        Assert.Equal("repository:app:pull,push", json.GetProperty("scope").GetString());
        Assert.False(json.TryGetProperty("refresh_token", out _));
        Assert.Equal("no-store", response.Header("Cache-Control"));
        Assert.Equal("application/json", response.Header("Content-Type"));
    }

    [Theory]
    [Trait("Protocol", "K4")]
    [Trait("Protocol", "K7")]
    [InlineData("&scope=repository:a:pull&scope=repository:b:pull", "repository:a:pull repository:b:pull")]
    [InlineData("&scope=repository:a:pull%20repository:b:push", "repository:a:pull repository:b:push")]
    [InlineData("&scope=repository:a:pull+repository:b:pull&scope=repository:c:pull", "repository:a:pull repository:b:pull repository:c:pull")]
    [InlineData("&scope=repository:a:*", "repository:a:delete,pull,push")]
    [InlineData("&scope=repository(plugin):a/b:pull", "repository:a/b:pull")]
    [InlineData("&scope=registry:catalog:*", "registry:catalog:*")]
    [InlineData("&scope=repository:a:pull,fly", "repository:a:pull")]
    [InlineData("&scope=repository:a:fly", "")]
    [InlineData("&scope=", "")]
    [InlineData("", "")]
    [InlineData("&scope=aquarium:fish:feed", "")]
    [InlineData("&scope=repository", "")]
    [InlineData("&scope=repository:Upper:pull", "")]
    [InlineData("&scope=repository:host.example:5000/a:pull", "")]
    [InlineData("&scope=repository:a:pull&scope=repository:a:pull", "repository:a:pull")]
    public async Task Scopes_come_in_both_forms_and_what_is_not_known_asks_for_nothing(string query, string granted)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        HttpResponseMessage response = await registry.AskTokenAsync(query, "alice").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(granted, (await response.JsonAsync()).GetProperty("scope").GetString());
    }

    [Fact]
    [Trait("Protocol", "K4")]
    public async Task Less_than_asked_for_is_no_error()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        HttpResponseMessage response = await registry.AskTokenAsync("&scope=repository:open/app:pull,push&scope=repository:secret:pull", "bob").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("repository:open/app:pull", (await response.JsonAsync()).GetProperty("scope").GetString());
    }

    [Theory]
    [Trait("Protocol", "K4")]
    [InlineData("alice", "wrong")]
    [InlineData("nobody", "at all")]
    [InlineData("alice", "")]
    [InlineData("", "secret of alice")]
    [InlineData("api", "secret of alice")]
    public async Task Wrong_passwords_are_refused_alike(string user, string password)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        HttpResponseMessage response = await registry.Client.FetchAsync($"/v2/_auth?service={registry.Authority}", BasicScheme.Credentials(user, password)).ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Equal("{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"The credentials are not right, or not any more.\"}]}", await response.TextAsync());
        Assert.Equal([$"Basic realm=\"{registry.Authority}\", charset=\"UTF-8\""], response.HeaderLines("WWW-Authenticate"));
    }

    [Theory]
    [Trait("Protocol", "K4")]
    [InlineData("Basic !!!")]
    [InlineData("Basic bm9jb2xvbg==")]
    [InlineData("Basic")]
    [InlineData("Bearer token")]
    [InlineData("Basic /zr/")]
    public async Task Credentials_that_cannot_be_read_are_refused(string header)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        await registry.Client.FetchAsync("/v2/_auth", ("Authorization", header)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    [Fact]
    [Trait("Protocol", "K10")]
    public async Task Empty_credentials_are_nobodys()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry => registry.AllowAnonymousPull());

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/_auth?scope=repository:app:pull,push", BasicScheme.Credentials("", "")).ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("repository:app:pull", (await response.JsonAsync()).GetProperty("scope").GetString());
    }

    [Fact]
    [Trait("Protocol", "K5")]
    public async Task A_post_with_a_password_gives_a_refresh_token_that_gives_tokens()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        HttpResponseMessage response = await registry.PostTokenAsync(
            "/v2/_auth",
            ("grant_type", "password"), ("service", registry.Authority), ("client_id", "docker"), ("access_type", "offline"), ("username", "alice"), ("password", "secret of alice"),
            ("scope", "repository:app:pull"), ("scope", "repository:other:push")).ShouldBeAsync(HttpStatusCode.OK);

        JsonElement json = await response.JsonAsync();
        Assert.Equal("repository:app:pull repository:other:push", json.GetProperty("scope").GetString());
        string refresh = json.GetProperty("refresh_token").GetString()!;
        HttpResponseMessage again = await registry.PostTokenAsync(
            "/v2/_auth", ("grant_type", "refresh_token"), ("service", registry.Authority), ("client_id", "docker"), ("refresh_token", refresh), ("scope", "repository:app:push")).ShouldBeAsync(HttpStatusCode.OK);
        json = await again.JsonAsync();
        Assert.Equal("repository:app:push", json.GetProperty("scope").GetString());
        Assert.Equal(refresh, json.GetProperty("refresh_token").GetString());
        await registry.Client.AskAsync("POST", "/v2/app/blobs/uploads/", null, TokenAnswers.Bearer(json.GetProperty("access_token").GetString()!)).ShouldBeAsync(HttpStatusCode.Accepted);
    }

    [Fact]
    [Trait("Protocol", "K4")]
    public async Task A_get_may_ask_for_a_refresh_token_too_and_nobody_gets_none()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry => registry.AllowAnonymousPull());

        HttpResponseMessage alice = await registry.AskTokenAsync("&offline_token=true", "alice").ShouldBeAsync(HttpStatusCode.OK);
        HttpResponseMessage nobody = await registry.AskTokenAsync("&offline_token=true").ShouldBeAsync(HttpStatusCode.OK);

        Assert.True((await alice.JsonAsync()).TryGetProperty("refresh_token", out _));
        Assert.False((await nobody.JsonAsync()).TryGetProperty("refresh_token", out _));
    }

    [Fact]
    [Trait("Protocol", "K5")]
    public async Task Refresh_tokens_end_by_revocation_and_by_time()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);
        string first = await RefreshTokenAsync(registry, "alice");
        string bobs = await RefreshTokenAsync(registry, "bob");
        var service = registry.Host.Services.GetRequiredService<IRefreshTokenService>();

        Assert.Equal(1, await service.RevokeAllAsync("alice", TestContext.Current.CancellationToken));

        await UseRefreshTokenAsync(registry, first).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await UseRefreshTokenAsync(registry, bobs).ShouldBeAsync(HttpStatusCode.OK);
        registry.Clock.Advance(TimeSpan.FromDays(30) + TimeSpan.FromMinutes(1));
        await UseRefreshTokenAsync(registry, bobs).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        Assert.Equal(1, await service.RevokeAllAsync("bob", TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("Protocol", "K5")]
    public async Task Expired_refresh_tokens_are_swept_when_their_user_signs_in()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);
        await RefreshTokenAsync(registry, "alice");
        registry.Clock.Advance(TimeSpan.FromDays(31));

        await RefreshTokenAsync(registry, "alice");

        Assert.Equal(1, await registry.Host.Services.GetRequiredService<IRefreshTokenService>().RevokeAllAsync("alice", TestContext.Current.CancellationToken));
    }

    [Theory]
    [Trait("Protocol", "K5")]
    [InlineData("grant_type=password")]
    [InlineData("grant_type=password&username=alice")]
    [InlineData("grant_type=refresh_token")]
    [InlineData("grant_type=client_credentials&username=alice&password=x")]
    [InlineData("")]
    [InlineData("grant_type=password&grant_type=password&username=alice&password=x")]
    public async Task Forms_that_ask_for_nothing_known_are_named_as_such(string form)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        await registry.Client.AskAsync("POST", "/v2/_auth", new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded")).ShouldFailAsync(HttpStatusCode.BadRequest, "UNSUPPORTED");
    }

    [Fact]
    [Trait("Protocol", "K5")]
    public async Task A_body_that_is_no_form_or_too_large_is_refused()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        await registry.Client.AskAsync("POST", "/v2/_auth", new StringContent("{}", Encoding.UTF8, "application/json")).ShouldBeAsync(HttpStatusCode.UnsupportedMediaType);
        string large = "grant_type=password&username=alice&password=" + new string('x', 70_000);
        await registry.Client.AskAsync("POST", "/v2/_auth", new StringContent(large, Encoding.UTF8, "application/x-www-form-urlencoded")).ShouldBeAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    [Trait("Protocol", "K4")]
    public async Task Too_many_scopes_are_refused()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        string scopes = string.Concat(Enumerable.Range(0, 51).Select(static i => $"&scope=repository:r{i}:pull"));
        await registry.AskTokenAsync(scopes, "alice").ShouldFailAsync(HttpStatusCode.BadRequest, "UNSUPPORTED");
    }

    [Fact]
    [Trait("Protocol", "K4")]
    public async Task The_token_of_another_service_is_not_made()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        await registry.Client.FetchAsync("/v2/_auth?service=other.example.com", BasicScheme.SignIn("alice")).ShouldFailAsync(HttpStatusCode.BadRequest, "UNSUPPORTED");
    }

    [Fact]
    [Trait("Protocol", "K5")]
    public async Task Other_methods_are_not_there()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);

        HttpResponseMessage response = await registry.Client.AskAsync("PUT", "/v2/_auth").ShouldBeAsync(HttpStatusCode.MethodNotAllowed);

        Assert.Equal("GET, HEAD, POST", response.Header("Allow"));
    }

    [Fact]
    [Trait("Protocol", "K12")]
    public async Task A_token_that_ends_in_the_middle_of_an_upload_leaves_the_session()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(ForAliceAndBob);
        const string Scope = "repository:app:pull,push";
        await registry.UseAsync("alice", Scope);
        string session = (await registry.Client.AskAsync("POST", "/v2/app/blobs/uploads/").ShouldBeAsync(HttpStatusCode.Accepted)).Header("Location")!;
        byte[] content = Images.Bytes("content");
        await registry.Client.AskAsync("PATCH", session, new ByteArrayContent(content[..3])).ShouldBeAsync(HttpStatusCode.Accepted);

        registry.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));

        HttpResponseMessage late = await registry.Client.AskAsync("PATCH", session, new ByteArrayContent(content[3..])).ShouldBeAsync(HttpStatusCode.Unauthorized);
        Assert.EndsWith(",error=\"invalid_token\"", late.Header("WWW-Authenticate"), StringComparison.Ordinal);
        registry.Use(null);
        await registry.UseAsync("alice", Scope);
        await registry.Client.AskAsync("PATCH", session, new ByteArrayContent(content[3..])).ShouldBeAsync(HttpStatusCode.Accepted);
        await registry.Client.AskAsync("PUT", $"{session}?digest={Images.Sha256(content)}").ShouldBeAsync(HttpStatusCode.Created);
    }

    [Fact]
    [Trait("Protocol", "K11")]
    public async Task With_anonymous_pull_a_token_of_nobody_pulls_and_only_one_of_a_user_pushes()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry =>
        {
            registry.AllowAnonymousPull();
            ForAliceAndBob(registry);
        });
        await registry.Client.FetchAsync("/v2/").ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.FetchAsync("/v2/app/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");

        await registry.UseAsync(null, "repository:app:pull,push");
        await registry.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);
        await registry.Client.FetchAsync("/v2/app/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await registry.Client.AskAsync("POST", "/v2/app/blobs/uploads/").ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");

        registry.Use(null);
        await registry.UseAsync("alice", "repository:app:pull,push");
        await registry.Client.AskAsync("POST", "/v2/app/blobs/uploads/").ShouldBeAsync(HttpStatusCode.Accepted);
    }

    [Fact]
    [Trait("Protocol", "K9")]
    public async Task Clients_can_be_sent_to_another_token_service()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry =>
        {
            ForAliceAndBob(registry);
            registry.AddSignIn(static options =>
            {
                options.ExternalRealm = new Uri("https://auth.example.com/token");
                options.Service = "registry.example.com";
            });
        });

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.Unauthorized);

        Assert.Equal(["Bearer realm=\"https://auth.example.com/token\",service=\"registry.example.com\""], response.HeaderLines("WWW-Authenticate"));
        await registry.Client.FetchAsync("/v2/_auth").ShouldFailAsync(HttpStatusCode.NotFound, "UNSUPPORTED");
    }

    private static async Task<string> RefreshTokenAsync(SignInRegistry registry, string user)
    {
        HttpResponseMessage response = await registry.PostTokenAsync(
            "/v2/_auth", ("grant_type", "password"), ("service", registry.Authority), ("access_type", "offline"), ("username", user), ("password", $"secret of {user}")).ShouldBeAsync(HttpStatusCode.OK);
        return (await response.JsonAsync()).GetProperty("refresh_token").GetString()!;
    }

    private static Task<HttpResponseMessage> UseRefreshTokenAsync(SignInRegistry registry, string token) =>
        registry.PostTokenAsync("/v2/_auth", ("grant_type", "refresh_token"), ("service", registry.Authority), ("refresh_token", token));
}
