using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.SignIn;

/// <summary>The host's own schemes beside the registry's sign-in: usable where the host asks for them, and out of the way otherwise.</summary>
public sealed class HostSchemeTests
{
    private static void ForAliceAndCarol(IDockerRegistryBuilder registry) => registry.AddFeed("main").AddGrants(static grants => grants.Allow("user:alice", "*").Allow("user:carol", "*"));

    [Fact]
    public async Task The_hosts_cookies_and_pages_stay_out()
    {
        await using SignInRegistry registry = await StartWithPagesAsync(ForAliceAndCarol);
        HttpResponseMessage page = await registry.Client.FetchAsync("/login");
        string cookie = Assert.Single(page.HeaderLines("Set-Cookie")).Split(';')[0];
        Assert.Equal("carol", await (await registry.Client.FetchAsync("/who", ("Cookie", cookie))).TextAsync());

        foreach (string path in (string[])["/v2/", "/v2/main/app/tags/list", "/v2/_catalog", "/v2/_auth"])
        {
            HttpResponseMessage response = await registry.Client.FetchAsync(path, ("Cookie", cookie));

            Assert.Equal(path == "/v2/_auth" ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Empty(response.HeaderLines("Set-Cookie"));
            Assert.Null(response.Header("Location"));
            Assert.StartsWith("Bearer ", response.Header("WWW-Authenticate") ?? "Bearer ", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_cookie_that_is_due_to_be_renewed_is_not_renewed_by_the_registry()
    {
        await using SignInRegistry registry = await StartWithPagesAsync(static registry => registry.AllowAnonymous().AddFeed("main"));
        string cookie = Assert.Single((await registry.Client.FetchAsync("/login")).HeaderLines("Set-Cookie")).Split(';')[0];
        registry.Clock.Advance(TimeSpan.FromMinutes(40));
        Assert.Single((await registry.Client.FetchAsync("/who", ("Cookie", cookie))).HeaderLines("Set-Cookie"));

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/", ("Cookie", cookie)).ShouldBeAsync(HttpStatusCode.OK);

        Assert.Empty(response.HeaderLines("Set-Cookie"));
    }

    [Fact]
    public async Task Antiforgery_and_a_fallback_policy_of_the_host_do_not_stand_in_the_way()
    {
        await using SignInRegistry registry = await StartWithPagesAsync(ForAliceAndCarol);

        string token = await registry.PostTokenAsync("/v2/_auth", ("grant_type", "password"), ("service", registry.Authority), ("username", "alice"), ("password", "secret of alice"), ("scope", "repository:main/app:pull")).TokenAsync();
        await registry.Client.FetchAsync("/v2/main/app/tags/list", TokenAnswers.Bearer(token)).ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_bearer_token_of_the_host_is_a_password_where_the_host_says_so()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(
            static registry =>
            {
                ForAliceAndCarol(registry);
                registry.AddSignIn(static options => options.PasswordTokenSchemes.Add("Host"));
            },
            static builder => builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, HostTokens>("Host", null));

        string token = await registry.Client.FetchAsync("/v2/_auth?scope=repository:main/app:pull", BasicScheme.Credentials("token", "host-token-of-carol")).TokenAsync();
        await registry.Client.FetchAsync("/v2/main/app/tags/list", TokenAnswers.Bearer(token)).ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/v2/main/app/tags/list", BasicScheme.Credentials("anything", "host-token-of-carol")).ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/v2/_auth", BasicScheme.Credentials("token", "host-token-of-mallory")).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.FetchAsync("/v2/_auth", BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.OK);

        // As a bearer token it is for the host's own endpoints alone.
        await registry.Client.FetchAsync("/v2/main/app/tags/list", TokenAnswers.Bearer("host-token-of-carol")).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    [Fact]
    public async Task A_scheme_that_needs_no_header_counts_beside_the_registrys_own()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(
            static registry =>
            {
                ForAliceAndCarol(registry);
                registry.UseAuthorization("Certificate");
            },
            static builder => builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ConnectionScheme>("Certificate", null));

        await registry.Client.FetchAsync("/v2/main/app/tags/list", (ConnectionScheme.Header, "carol")).ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/v2/main/app/tags/list", (ConnectionScheme.Header, "mallory")).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        HttpResponseMessage nobody = await registry.Client.FetchAsync("/v2/main/app/tags/list").ShouldBeAsync(HttpStatusCode.Unauthorized);
        Assert.StartsWith("Bearer ", Assert.Single(nobody.HeaderLines("WWW-Authenticate")), StringComparison.Ordinal);
        await registry.Client.FetchAsync("/v2/main/app/tags/list", BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_policy_of_the_host_on_the_registrys_endpoints_counts()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(
            static registry => registry.AllowAnonymous().AddFeed("main"),
            static builder =>
            {
                builder.Services.AddAuthentication("Negotiate").AddScheme<AuthenticationSchemeOptions, ConnectionScheme>("Negotiate", null);
                builder.Services.AddAuthorization(static options => options.AddPolicy("windows", static policy => policy.RequireAuthenticatedUser()));
            },
            static app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapDockerRegistry().RequireAuthorization("windows");
            });

        Assert.Equal(HttpStatusCode.Unauthorized, (await registry.Client.FetchAsync("/v2/")).StatusCode);
        await registry.Client.FetchAsync("/v2/", (ConnectionScheme.Header, "carol")).ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.Unauthorized, (await registry.Client.FetchAsync("/main/v2/")).StatusCode);
    }

    [Fact]
    [Trait("Protocol", "K6")]
    public async Task The_access_that_another_services_token_names_narrows_it()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(
            static registry => registry.AddFeed("main").AddGrants(static grants => grants.Allow("authenticated", "*"))
                .AddSignIn(static options => options.ExternalRealm = new Uri("https://auth.example.com/token")).UseAuthorization("Host"),
            static builder => builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, HostTokens>("Host", null));

        (string, string) narrow = TokenAnswers.Bearer("host-token-of-carol;{\"type\":\"repository\",\"name\":\"main/app\",\"actions\":[\"pull\"]}");
        await registry.Client.FetchAsync("/v2/main/app/tags/list", narrow).ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/main/v2/app/tags/list", narrow).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.FetchAsync("/v2/main/other/tags/list", narrow).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.AskAsync("POST", "/v2/main/app/blobs/uploads/", null, narrow).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.FetchAsync("/v2/main/app/tags/list", TokenAnswers.Bearer("host-token-of-carol;nonsense")).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.FetchAsync("/v2/main/app/tags/list", TokenAnswers.Bearer("host-token-of-carol")).ShouldBeAsync(HttpStatusCode.NotFound);
    }

    private static Task<SignInRegistry> StartWithPagesAsync(Action<IDockerRegistryBuilder> configure) => SignInRegistry.StartAsync(
        configure,
        static builder =>
        {
            builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(static options =>
            {
                options.ExpireTimeSpan = TimeSpan.FromHours(1);
                options.SlidingExpiration = true;
                options.LoginPath = "/login";
            });
            builder.Services.AddAntiforgery();
            builder.Services.AddAuthorization(static options => options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        },
        static app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
            app.UseAntiforgery();
            app.MapGet("/login", static context => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "carol")], "pages")))).AllowAnonymous();
            app.MapGet("/who", static (ClaimsPrincipal user) => user.Identity!.Name);
            app.MapDockerRegistry();
        });

    /// <summary>A host's tokens: "host-token-of-" and the user's name, and, behind a semicolon, what they are for.</summary>
    private sealed class HostTokens(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        private const string Prefix = "Bearer host-token-of-";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string header = Request.Headers.Authorization.ToString();
            if (!header.StartsWith(Prefix, StringComparison.Ordinal) || header.Contains("mallory", StringComparison.Ordinal))
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            string[] parts = header[Prefix.Length..].Split(';', 2);
            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, parts[0])], Scheme.Name);
            if (parts.Length > 1)
            {
                identity.AddClaim(new Claim("access", parts[1]));
            }

            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }
    }

    /// <summary>Knows callers by their connection, as client certificates and Negotiate do.</summary>
    private sealed class ConnectionScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        public const string Header = "X-Test-Connection";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers[Header] is [{ Length: > 0 } name]
            ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], Scheme.Name)), Scheme.Name))
            : AuthenticateResult.NoResult());
    }
}
