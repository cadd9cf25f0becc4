// Settings: Data=folder, or none to keep everything in memory; Feeds=number, none for a registry that is open to everybody; GrantsPerFeed=1 to 5;
// Repositories=number in each feed; GeneratedBlobs=number of blobs of images that are there from the beginning; GarbageBlobs=number of blobs that nothing holds, with a grace period of a second; Collects=true to collect over and over; FillOnly=true to write these into the folder and end; Counts=true and Decisions=true for what the rows ask beside the protocol.
using Microsoft.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Maintenance;
using Registry.Bench;
using Registry.BenchHost;
using Registry.Maintenance.Jobs;
using Registry.Storage;
using Registry.Storage.FileSystem;

var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
var landscape = new Landscape(settings.GetValue("Feeds", 0), settings.GetValue("GrantsPerFeed", Landscape.MaxGrantsPerFeed), settings.GetValue("Repositories", 0));
var generated = new GeneratedContent(settings.GetValue("GeneratedBlobs", 0), settings.GetValue("GarbageBlobs", 0));
var fillsOnly = settings.GetValue("FillOnly", false);
builder.WebHost.UseDockerRegistryTransport();

var registry = builder.Services.AddDockerRegistry(options =>
{
    options.Maintenance.CollectionSchedule = JobSchedule.Off;
    options.Content.GracePeriod = settings.GetValue("GarbageBlobs", 0) > 0 ? TimeSpan.FromSeconds(1) : options.Content.GracePeriod;
});
if (settings["Data"] is { } folder)
{
    // What is filled in is not measured, and made anew where it gets lost.
    registry.AddFileSystemStorage(folder, options => options.Durability = fillsOnly ? FileSystemDurability.Process : options.Durability);
}
else
{
    registry.AddInMemoryStorage();
}

if (settings.GetValue("Counts", false))
{
    CountedStore.Use(registry);
}

if (landscape.Feeds == 0)
{
    registry.AllowAnonymous();
}
else
{
    builder.Services.AddDataProtection().PersistKeysToRegistryStore();
    registry.AddUsers(users => users.Add(SignInNames.User, RegistryPasswords.Hash(SignInNames.Password), SignInNames.Role, "staff"));
    landscape.AddTo(registry);
}

var repeatsDecisions = settings.GetValue("Decisions", false);
if (repeatsDecisions)
{
    builder.Services.AddAuthorization();
    builder.Services.AddSingleton<DecisionRecorder>();
    builder.Services.AddSingleton<IAuthorizationService>(services => services.GetRequiredService<DecisionRecorder>());
}

await using var app = builder.Build();
var store = app.Services.GetRequiredKeyedService<IObjectStore>("");
if (fillsOnly || settings["Data"] is null)
{
    await landscape.FillAsync(store, CancellationToken.None);
    await generated.WriteAsync(store, CancellationToken.None);
    if (fillsOnly)
    {
        return;
    }
}

app.MapDockerRegistry("/v2");
app.MapGet(SignInNames.OperationsPath, () => (store as CountedStore)?.Restart() ?? 0);
app.MapGet(SignInNames.ChangePath, (CancellationToken cancellationToken) => Landscape.ChangeCatalogAsync(store, cancellationToken));
if (repeatsDecisions)
{
    app.MapGet(SignInNames.DecisionsPath, (int count, DecisionRecorder decisions) => decisions.MeasureAsync(count));
}

if (settings.GetValue("Collects", false))
{
    await app.StartAsync();
    var maintenance = app.Services.GetRequiredKeyedService<IRegistryMaintenance>("");
    var stopping = app.Lifetime.ApplicationStopping;
    while (!stopping.IsCancellationRequested)
    {
        try
        {
            await maintenance.CollectAsync(dryRun: false, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            break;
        }
    }

    await app.WaitForShutdownAsync();
}
else
{
    await app.RunAsync();
}
