// Settings: Registry:Data (a folder) or S3:* (a bucket), Registry:Content:* (the registry's options), Test:UploadSeconds and Test:SilentSeconds (how long an upload, and a part of a scan, may stand still).
using Registry.AspNetCore;
using Registry.AspNetCore.Maintenance;
using Registry.CollectionHost;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;

var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
CollectionOptions? collection = null;
builder.WebHost.UseDockerRegistryTransport();
var registry = builder.Services.AddDockerRegistry(options =>
    {
        settings.GetSection("Registry").Bind(options);
        MaintenanceOptions maintenance = options.Maintenance;
        maintenance.CollectionSchedule = JobSchedule.Off; // the loop below does it
        maintenance.ReleasedInterval = TimeSpan.FromSeconds(1);
        maintenance.Collection.OperationsPerSecond = null;
        collection = maintenance.Collection;
    })
    .AddDefaultFeed(feed =>
    {
        feed.KeepUntagged = TimeSpan.Zero;
        feed.KeepOrphanedReferrers = TimeSpan.Zero;
    })
    .AllowAnonymous();
if (settings["Registry:Data"] is { Length: > 0 } folder)
{
    registry.AddFileSystemStorage(folder);
}
else
{
    registry.AddS3Storage(settings.GetSection("S3").Bind);
}

var app = builder.Build();
app.MapDockerRegistry("/v2");
app.MapGet("/test/keys", LeftContent.WriteAsync);
await app.StartAsync();

// Shorter than a registry's settings may be, which are checked at the start: nothing that can be pulled depends on either.
collection!.UploadLifetime = TimeSpan.FromSeconds(settings.GetValue("Test:UploadSeconds", 3));
collection.LeaseDuration = TimeSpan.FromSeconds(settings.GetValue("Test:SilentSeconds", 1));
var loop = new CollectionLoop(app.Services.GetRequiredKeyedService<IRegistryMaintenance>(""), app.Lifetime.ApplicationStopping);
await Task.WhenAll(app.WaitForShutdownAsync(), loop.RunAsync());
