// Settings: Registry:Data, SignIn:* and Credentials:* (the registry's options), Users:name=password, Htpasswd=file, Feeds:name:*, Grants:n:*, Proxy:PathBase,
// Test:ClockSeconds (how far its clock is ahead), Test:PauseSeconds and Test:StepSeconds (see UploadPause).
using Microsoft.AspNetCore.HttpOverrides;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.ApiKeys;
using Registry.SignInHost;

var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
var clock = new TestClock(TimeSpan.FromSeconds(settings.GetValue<int>("Test:ClockSeconds")));
builder.Services.AddSingleton<TimeProvider>(clock);
builder.WebHost.UseDockerRegistryTransport();
builder.Services.Configure<ForwardedHeadersOptions>(
    options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedPrefix);
builder.Services.Configure<CredentialOptions>(settings.GetSection("Credentials"));
var registry = builder.Services.AddDockerRegistry()
    .AddFileSystemStorage(settings["Registry:Data"] ?? "data")
    .AddSignIn(settings.GetSection("SignIn").Bind)
    .AddUsers(users =>
    {
        foreach (var user in settings.GetSection("Users").GetChildren())
        {
            users.Add(user.Key, RegistryPasswords.Hash(user.Value!));
        }
    })
    .AddApiKeys()
    .AddFeeds(settings.GetSection("Feeds"))
    .AddGrants(settings.GetSection("Grants"));
if (settings["Htpasswd"] is { Length: > 0 } file)
{
    registry.AddHtpasswd(file);
}

var app = builder.Build();
app.UseForwardedHeaders();
if (settings.GetValue<int>("Test:StepSeconds") is > 0 and var step)
{
    app.Use(new UploadPause(clock, TimeSpan.FromSeconds(settings.GetValue<int>("Test:PauseSeconds")), TimeSpan.FromSeconds(step)).InvokeAsync);
}

app.UsePathBase(settings["Proxy:PathBase"]);
app.UseRouting();
app.MapDockerRegistry("/v2");

// For tests alone: anybody gets a key of any user's.
app.MapPost("/test/keys/{owner}", async (string owner, IApiKeyService keys, CancellationToken cancellationToken) =>
    (await keys.CreateAsync(new ApiKeyRequest { Owner = owner, Name = "test" }, cancellationToken)).Key);
app.Run();
