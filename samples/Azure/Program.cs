using Azure.Storage.Blobs;
using Registry.Storage.Azure;

// "Azure:ConnectionString" and "Azure:Container" (Azure__ConnectionString, Azure__Container in the environment) say where the registry is kept.
var builder = WebApplication.CreateBuilder(args);
if (builder.Configuration["Azure:ConnectionString"] is not { Length: > 0 } connection)
{
    Console.Error.WriteLine("""
        Which storage account is the registry kept in? The container, "registry" unless Azure__Container says otherwise, is made if it is missing.

            Azure__ConnectionString='DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...' dotnet run -c Release -- --urls http://localhost:5000

        With the emulator, azurite-blob --skipApiVersionCheck:

            Azure__ConnectionString=UseDevelopmentStorage=true dotnet run -c Release -- --urls http://localhost:5000
        """);
    return 1;
}

var container = new BlobContainerClient(connection, builder.Configuration["Azure:Container"] ?? "registry", AzureBlobObjectStore.CreateClientOptions());
await container.CreateIfNotExistsAsync();
builder.WebHost.UseDockerRegistryTransport();
builder.Services.AddDockerRegistry(builder.Configuration.GetSection("Registry").Bind).AddAzureBlobStorage(_ => container).AllowAnonymous();

var app = builder.Build();
app.MapDockerRegistry("/v2");
app.Run();
return 0;
