using Azure.Storage.Blobs;
using Registry.Storage.Azure;

// The container is made if it is missing; "Azure:ConnectionString" and "Azure:Container" say where it is.
var builder = WebApplication.CreateBuilder(args);
var container = new BlobContainerClient(
    builder.Configuration["Azure:ConnectionString"] ?? "UseDevelopmentStorage=true",
    builder.Configuration["Azure:Container"] ?? "registry",
    AzureBlobObjectStore.CreateClientOptions());
await container.CreateIfNotExistsAsync();
builder.WebHost.UseDockerRegistryTransport();
builder.Services.AddDockerRegistry().AddAzureBlobStorage(_ => container).AllowAnonymous();

var app = builder.Build();
app.MapDockerRegistry("/v2");
app.Run();
