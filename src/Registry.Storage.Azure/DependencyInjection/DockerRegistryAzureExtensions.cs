using global::Azure.Storage.Blobs;
using Microsoft.Extensions.Logging;
using Registry.Storage.Azure;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps a registry in a container of Azure Blob Storage.</summary>
public static class DockerRegistryAzureExtensions
{
    /// <summary>Keeps everything in a container, which has to be there and which any number of processes may share.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="container">Gives the container, with the host's credentials; <see cref="AzureBlobObjectStore.CreateClientOptions"/> has settings for its client that suit.</param>
    /// <param name="configure">Sets further options.</param>
    public static IDockerRegistryBuilder AddAzureBlobStorage(
        this IDockerRegistryBuilder builder, Func<IServiceProvider, BlobContainerClient> container, Action<AzureBlobObjectStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(container);
        return builder.AddStorage(services =>
        {
            var options = new AzureBlobObjectStoreOptions();
            configure?.Invoke(options);
            return new AzureBlobObjectStore(
                container(services), options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<AzureBlobObjectStore>>());
        });
    }
}
