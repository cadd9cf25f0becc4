using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Credentials;
using Registry.AspNetCore.Tests.Testing;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.SignIn;

/// <summary>
/// A registry with users of its own: alice and bob, whose passwords are "secret of" their names; alice has the role "dev". What they may do is what a test grants.
/// </summary>
internal sealed class SignInRegistry : IAsyncDisposable
{
    private SignInRegistry(RegistryHost host, ManualClock clock)
    {
        Host = host;
        Clock = clock;
    }

    public RegistryHost Host { get; }

    public ManualClock Clock { get; }

    public HttpClient Client => Host.Client;

    public string Authority => Host.Address.Authority;

    public static async Task<SignInRegistry> StartAsync(
        Action<IDockerRegistryBuilder> configure, Action<WebApplicationBuilder>? host = null, Action<WebApplication>? map = null, InMemoryObjectStore? store = null, ManualClock? clock = null)
    {
        clock ??= new ManualClock();
        RegistryHost started = await RegistryHost.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(clock);
                builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
                IDockerRegistryBuilder registry = builder.Services.AddDockerRegistry()
                    .AddStorage(_ => store ?? new InMemoryObjectStore(clock))
                    .AddUsers(static users =>
                    {
                        users.Add("alice", SignInRig.Hash("secret of alice"), "dev");
                        users.Add("bob", SignInRig.Hash("secret of bob"));
                    });
                configure(registry);
                host?.Invoke(builder);
            },
            map ?? (static app => app.MapDockerRegistry()));
        return new SignInRegistry(started, clock);
    }

    /// <summary>Asks the token service as clients do.</summary>
    public Task<HttpResponseMessage> AskTokenAsync(string query = "", string? user = null, string path = "/v2/_auth") =>
        Client.FetchAsync($"{path}?service={Uri.EscapeDataString(Authority)}{query}", user is null ? [] : [BasicScheme.SignIn(user)]);

    public Task<HttpResponseMessage> PostTokenAsync(string path, params (string Name, string Value)[] form) =>
        Client.AskAsync("POST", path, new FormUrlEncodedContent(form.Select(static field => KeyValuePair.Create(field.Name, field.Value))));

    /// <summary>A token for some scopes, joined by spaces.</summary>
    public async Task<string> TokenAsync(string? user, string scope = "")
    {
        HttpResponseMessage response = await AskTokenAsync(scope.Length == 0 ? "" : "&scope=" + Uri.EscapeDataString(scope), user).ShouldBeAsync(HttpStatusCode.OK);
        return (await response.JsonAsync()).GetProperty("token").GetString()!;
    }

    /// <summary>Lets the client send a token with every request, or none.</summary>
    public void Use(string? token) => Client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

    public async Task UseAsync(string? user, string scope) => Use(await TokenAsync(user, scope));

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

/// <summary>What clients make of answers of the token service.</summary>
internal static class TokenAnswers
{
    public static async Task<string> TokenAsync(this Task<HttpResponseMessage> answering)
    {
        HttpResponseMessage response = await answering.ShouldBeAsync(HttpStatusCode.OK);
        JsonElement json = await response.JsonAsync();
        Assert.Equal(json.GetProperty("token").GetString(), json.GetProperty("access_token").GetString());
        return json.GetProperty("token").GetString()!;
    }

    public static (string Name, string Value) Bearer(string token) => ("Authorization", "Bearer " + token);
}
