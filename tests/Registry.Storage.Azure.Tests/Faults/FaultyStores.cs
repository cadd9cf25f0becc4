using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage.Azure.Tests.Testing;
using Registry.Storage.Faults;

namespace Registry.Storage.Azure.Tests.Faults;

/// <summary>Stores whose clients repeat soon what a fault hit.</summary>
internal static class FaultyStores
{
    public static AzureBlobObjectStore Open(AzuriteStoreFixture fixture, Uri server, string key, string container, ClientManner manner)
    {
        BlobServiceClient service = Azurite.ServiceAt(server, key, configure: options =>
        {
            Azurite.RetrySoon(options);
            switch (manner)
            {
                case ClientManner.GivesUpSoon:
                    options.Retry.MaxRetries = 1;
                    break;
                case ClientManner.WaitsBriefly:
                    options.Retry.MaxRetries = 5;
                    options.Retry.NetworkTimeout = TimeSpan.FromSeconds(2);
                    break;
            }
        });
        return new AzureBlobObjectStore(service.GetBlobContainerClient(container), fixture.Options, TimeProvider.System, NullLogger<AzureBlobObjectStore>.Instance);
    }
}
