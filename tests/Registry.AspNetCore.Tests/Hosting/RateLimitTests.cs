using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Credentials.ApiKeys;
using Registry.AspNetCore.RateLimiting;
using Registry.AspNetCore.Tests.SignIn;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Hosting;

/// <summary>The host's rate limiter in front of a registry.</summary>
public sealed class RateLimitTests
{
    private const int Allowed = 3;

    [Fact]
    public async Task What_it_refuses_is_answered_as_the_protocol_has_it_and_other_endpoints_as_the_host_says()
    {
        await using SignInRegistry registry = await StartAsync(static _ => "all");
        await SpendAsync(registry);

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/");
        HttpResponseMessage byFeed = await registry.Client.FetchAsync("/main/v2/");

        Assert.All([response, byFeed], static refused => Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode));
        Assert.Equal("TOOMANYREQUESTS", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        Assert.Equal("registry/2.0", response.Header("Docker-Distribution-API-Version"));
        Assert.InRange(int.Parse(response.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        HttpResponseMessage page = await registry.Client.FetchAsync("/page");
        Assert.Equal((HttpStatusCode)418, page.StatusCode);
        Assert.Equal("slow down", await page.TextAsync());
    }

    [Fact]
    public async Task Callers_are_counted_by_user_by_key_and_by_address()
    {
        await using SignInRegistry registry = await StartAsync(RegistryPartition.OfCaller);
        string alice = await TokenAsync(registry, "alice");
        string bob = await TokenAsync(registry, "bob");
        string aliceAgain = await TokenAsync(registry, "alice");
        var keys = registry.Host.Services.GetRequiredService<IApiKeyService>();
        string first = (await keys.CreateAsync(new ApiKeyRequest { Name = "one", Owner = "alice" }, TestContext.Current.CancellationToken)).Key;
        string second = (await keys.CreateAsync(new ApiKeyRequest { Name = "two", Owner = "alice" }, TestContext.Current.CancellationToken)).Key;

        await SpendAsync(registry, TokenAnswers.Bearer(alice));
        await registry.Client.FetchAsync("/v2/", TokenAnswers.Bearer(aliceAgain)).ShouldFailAsync(HttpStatusCode.TooManyRequests, "TOOMANYREQUESTS");
        await SpendAsync(registry, TokenAnswers.Bearer(bob));
        await SpendAsync(registry, TokenAnswers.Bearer(first));
        await registry.Client.FetchAsync("/v2/", TokenAnswers.Bearer(first)).ShouldFailAsync(HttpStatusCode.TooManyRequests, "TOOMANYREQUESTS");
        await SpendAsync(registry, TokenAnswers.Bearer(second));

        // Forged tokens and unchecked passwords are counted for where they come from.
        for (int i = 0; i < Allowed; i++)
        {
            Assert.NotEqual(HttpStatusCode.TooManyRequests, (await registry.Client.FetchAsync("/v2/", i == 0 ? [TokenAnswers.Bearer(alice + "A")] : i == 1 ? [BasicScheme.SignIn("alice")] : [])).StatusCode);
        }

        await registry.Client.FetchAsync("/v2/", TokenAnswers.Bearer("forged")).ShouldFailAsync(HttpStatusCode.TooManyRequests, "TOOMANYREQUESTS");
    }

    private static async Task<string> TokenAsync(SignInRegistry registry, string user)
    {
        // Not by the client, whose requests are counted.
        using var scope = registry.Host.Services.CreateScope();
        var tokens = registry.Host.Services.GetRequiredKeyedService<Tokens.TokenProtector>("");
        var chain = registry.Host.Services.GetRequiredKeyedService<AspNetCore.Credentials.ICredentialChain>("");
        AspNetCore.Credentials.SignInResult signedIn = await chain.SignInAsync(user, $"secret of {user}", IPAddress.Loopback, TestContext.Current.CancellationToken);
        DateTimeOffset now = registry.Clock.GetUtcNow();
        return tokens.Write(new Tokens.TokenContent { Audience = registry.Authority, Issued = now, Expires = now.AddHours(1), Id = Guid.NewGuid().ToString() }.WithUser(signedIn.Validator!, signedIn.Identity!));
    }

    private static async Task SpendAsync(SignInRegistry registry, params (string, string)[] headers)
    {
        for (int i = 0; i < Allowed; i++)
        {
            Assert.NotEqual(HttpStatusCode.TooManyRequests, (await registry.Client.FetchAsync("/v2/", headers)).StatusCode);
        }
    }

    private static Task<SignInRegistry> StartAsync(Func<Microsoft.AspNetCore.Http.HttpContext, string> partition) => SignInRegistry.StartAsync(
        static registry => registry.AddFeed("main").AddApiKeys().AddGrants(static grants => grants.Allow("authenticated", "*")),
        builder => builder.Services.AddRateLimiter(options =>
        {
            options.RejectionStatusCode = 418;
            options.OnRejected = static (rejected, token) => new ValueTask(Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(rejected.HttpContext.Response, "slow down", token));
            options.AddPolicy("some", context => RateLimitPartition.GetFixedWindowLimiter(
                partition(context), static _ => new FixedWindowRateLimiterOptions { PermitLimit = Allowed, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 }));
        }),
        static app =>
        {
            app.UseRateLimiter();
            app.MapDockerRegistry().RequireRateLimiting("some");
            app.MapGet("/page", static () => "page").RequireRateLimiting("some");
        });
}
