using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Hosting;

/// <summary>Policies that the host made for its pages, and those that it puts on the registry's endpoints.</summary>
public sealed class HostPolicyTests
{
    [Fact]
    public async Task A_fallback_policy_sends_no_registry_client_to_a_login_page()
    {
        await using RegistryHost host = await StartAsync(static app =>
        {
            app.MapDockerRegistry();
            app.MapGet("/page", static () => "page");
        });

        HttpResponseMessage page = await host.Client.FetchAsync("/page");
        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
        Assert.Contains("/Account/Login", page.Header("Location"), StringComparison.Ordinal);
        await host.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.PushImageAsync("app", "v1");
        await host.Client.FetchAsync("/v2/app/manifests/none").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        Assert.Empty((await host.Client.FetchAsync("/v2/")).HeaderLines("Set-Cookie"));
    }

    public static TheoryData<Action<WebApplication>> Demands => new(
        static app => app.MapDockerRegistry().RequireAuthorization(),
        static app => app.MapDockerRegistry().RequireAuthorization("Basic only"),
        static app => app.MapDockerRegistry().RequireAuthorization(static policy => policy.RequireAuthenticatedUser()),
        static app => app.MapDockerRegistry().WithMetadata(new AuthorizeAttribute()),
        static app => app.MapGroup("").RequireAuthorization().MapDockerRegistry(),
        static app => app.MapGroup("").RequireAuthorization("Basic only").MapDockerRegistry());

    [Theory]
    [MemberData(nameof(Demands), DisableDiscoveryEnumeration = true)]
    public async Task A_policy_on_the_registrys_own_endpoints_counts(Action<WebApplication> map)
    {
        await using RegistryHost host = await StartAsync(map, scheme: "Basic");

        HttpResponseMessage challenged = await host.Client.FetchAsync("/v2/");

        Assert.Equal(HttpStatusCode.Unauthorized, challenged.StatusCode);
        Assert.Equal([BasicScheme.Challenge], challenged.HeaderLines("WWW-Authenticate"));
        await host.Client.FetchAsync("/v2/", BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_rate_limit_on_the_registrys_endpoints_counts()
    {
        await using RegistryHost host = await RegistryHost.StartAsync(
            static builder =>
            {
                builder.Services.AddRateLimiter(static options =>
                {
                    options.RejectionStatusCode = 429;
                    options.AddFixedWindowLimiter("two", static window =>
                    {
                        window.PermitLimit = 2;
                        window.Window = TimeSpan.FromHours(1);
                        window.QueueLimit = 0;
                        window.QueueProcessingOrder = QueueProcessingOrder.OldestFirst;
                    });
                });
                builder.Services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous();
            },
            static app =>
            {
                app.UseRateLimiter();
                app.MapDockerRegistry().RequireRateLimiting("two");
            });

        Assert.Equal(HttpStatusCode.OK, (await host.Client.FetchAsync("/v2/")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.Client.FetchAsync("/v2/_catalog")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.Client.FetchAsync("/v2/")).StatusCode);
    }

    [Fact]
    public async Task A_host_without_any_policy_needs_none()
    {
        await using RegistryHost host = await RegistryHost.StartAsync();

        await host.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);
    }

    private static Task<RegistryHost> StartAsync(Action<WebApplication> map, string scheme = "Cookies") => RegistryHost.StartAsync(
        builder =>
        {
            builder.Services.AddAuthentication(scheme)
                .AddCookie("Cookies")
                .AddScheme<AuthenticationSchemeOptions, BasicScheme>("Basic", null);
            builder.Services.AddAuthorization(static options =>
            {
                options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
                options.AddPolicy("Basic only", static policy => policy.AddAuthenticationSchemes("Basic").RequireAuthenticatedUser());
            });
            builder.Services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous();
        },
        map);
}
