// Settings: Registry:Data, SignIn:* (the registry's options), Users:name=password, Feeds:name:*, Grants:n:*, Proxy:PathBase.
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.HttpOverrides;
using Registry.SignInHost;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseDockerRegistryTransport();
builder.Services.Configure<ForwardedHeadersOptions>(
    options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedPrefix);
builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, SettingsTokenHandler>(SettingsTokenHandler.Scheme, null);
var registry = builder.Services.AddDockerRegistry()
    .AddFileSystemStorage(builder.Configuration["Registry:Data"] ?? "data")
    .AddSignIn(options =>
    {
        builder.Configuration.GetSection("SignIn").Bind(options);
        options.PasswordTokenSchemes.Add(SettingsTokenHandler.Scheme);
    })
    .AddGrants(builder.Configuration.GetSection("Grants"));
if (builder.Configuration.GetSection("Feeds").Exists())
{
    registry.AddFeeds(builder.Configuration.GetSection("Feeds"));
}

var app = builder.Build();
app.UseForwardedHeaders();
app.UsePathBase(builder.Configuration["Proxy:PathBase"]);
app.UseRouting();
app.MapDockerRegistry("/v2");
app.Run();
