// A registry whose clients come through a proxy that ends TLS: docs/behind-a-proxy.md has the proxy's side.
//
//   Proxy:KnownProxies     addresses of the proxy, with commas between them; 127.0.0.1 and ::1 are known
//   Proxy:PathBase         the path below which the app lives when the proxy passes paths on as they are: /apps/registry
using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseDockerRegistryTransport();
builder.Services.Configure<ForwardedHeadersOptions>(options =>
{
    options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedPrefix;
    foreach (string address in builder.Configuration["Proxy:KnownProxies"]?.Split(',') ?? [])
    {
        options.KnownProxies.Add(IPAddress.Parse(address));
    }
});
builder.Services.AddDockerRegistry().AddFileSystemStorage(builder.Configuration["Registry:Data"] ?? "data").AllowAnonymous();

var app = builder.Build();
app.UseForwardedHeaders();
app.UsePathBase(builder.Configuration["Proxy:PathBase"]);
app.UseRouting(); // after the path has lost its base, and not at the start of the pipeline, where it would be otherwise
app.MapDockerRegistry("/v2");
app.Run();
