// Settings: Registry:Data (a folder) or S3:* (a bucket), Registry:Content:* (the registry's options), Feeds:* (feeds beside the default one), Test:UploadSeconds and Test:SilentSeconds (how long an upload, and a part of a scan, may stand still), Test:OperationsPerSecond (the collector's rate).
using Registry.AspNetCore;
using Registry.AspNetCore.Maintenance;
using Registry.AspNetCore.Quotas;
using Registry.CollectionHost;
using Registry.Content;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;

var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
CollectionOptions? collection = null;
ContentOptions? content = null;
builder.WebHost.UseDockerRegistryTransport();
var registry = builder.Services.AddDockerRegistry(options =>
    {
        settings.GetSection("Registry").Bind(options);
        MaintenanceOptions maintenance = options.Maintenance;
        maintenance.CollectionSchedule = JobSchedule.Off; // the loop below does it
        maintenance.ReleasedInterval = TimeSpan.FromSeconds(1);
        maintenance.Collection.OperationsPerSecond = settings.GetValue<int?>("Test:OperationsPerSecond"); // no limit by default
        collection = maintenance.Collection;
        content = options.Content;
    })
    .AddDefaultFeed(feed =>
    {
        feed.KeepUntagged = TimeSpan.Zero;
        feed.KeepOrphanedReferrers = TimeSpan.Zero;
    })
    .AddFeeds(settings.GetSection("Feeds"))
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
app.MapGet("/test/memory", () => ManagedMemory.Now());
app.MapPut("/test/grace", (TimeSpan period) => content!.GracePeriod = period);
app.MapGet("/test/usage/{feed}", (string feed, CancellationToken cancellationToken) =>
    app.Services.GetRequiredKeyedService<IQuotaService>("").GetUsageAsync(feed, cancellationToken).AsTask());
await app.StartAsync();

// Shorter than a registry's settings may be, which are checked at the start: nothing that can be pulled depends on either.
collection!.UploadLifetime = TimeSpan.FromSeconds(settings.GetValue("Test:UploadSeconds", 3));
collection.LeaseDuration = TimeSpan.FromSeconds(settings.GetValue("Test:SilentSeconds", 1));
var loop = new CollectionLoop(app.Services.GetRequiredKeyedService<IRegistryMaintenance>(""), app.Lifetime.ApplicationStopping);
await Task.WhenAll(app.WaitForShutdownAsync(), loop.RunAsync());
