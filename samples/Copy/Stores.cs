using System.IO.Abstractions;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage;
using Registry.Storage.Azure;
using Registry.Storage.FileSystem;
using Registry.Storage.S3;

namespace RegistryCopy;

/// <summary>Opens a store by a short text: <c>folder:data</c>, <c>s3:bucket</c> or <c>s3:bucket/prefix/</c>, <c>azure:container</c>.</summary>
internal static class Stores
{
    public static async Task<IObjectStore> OpenAsync(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string place = text[(colon + 1)..];
        return (colon < 0 ? "" : text[..colon]) switch
        {
            "folder" => OpenFolder(place),
            "s3" => OpenBucket(place),
            "azure" => await OpenContainerAsync(place),
            _ => throw new ArgumentException($"'{text}' is none of folder:PATH, s3:BUCKET[/PREFIX] and azure:CONTAINER."),
        };
    }

    private static FileSystemObjectStore OpenFolder(string path) =>
        new(new FileSystem(), new FileSystemObjectStoreOptions { Root = Path.GetFullPath(path) }, TimeProvider.System, NullLogger<FileSystemObjectStore>.Instance);

    private static S3ObjectStore OpenBucket(string place)
    {
        string[] parts = place.Split('/', 2);
        var options = new S3ObjectStoreOptions
        {
            Bucket = parts[0],
            Prefix = parts.Length > 1 ? parts[1] : "",
            ServiceUrl = Variable("S3__ServiceUrl") is { } url ? new Uri(url) : null,
            Region = Variable("S3__Region"),
            ForcePathStyle = Variable("S3__ForcePathStyle") == "true",
        };
        return new S3ObjectStore(options, TimeProvider.System, NullLogger<S3ObjectStore>.Instance);
    }

    private static async Task<AzureBlobObjectStore> OpenContainerAsync(string name)
    {
        string connection = Variable("Azure__ConnectionString") ?? throw new ArgumentException("Azure__ConnectionString is not set.");
        var container = new BlobContainerClient(connection, name, AzureBlobObjectStore.CreateClientOptions());
        await container.CreateIfNotExistsAsync();
        return new AzureBlobObjectStore(container, new AzureBlobObjectStoreOptions(), TimeProvider.System, NullLogger<AzureBlobObjectStore>.Instance);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
