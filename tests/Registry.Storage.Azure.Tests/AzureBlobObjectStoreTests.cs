using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage.Azure.Tests.Testing;
using Registry.Storage.Testing;
using Registry.TestServers.Processes;

namespace Registry.Storage.Azure.Tests;

public sealed class AzureBlobObjectStoreContract(AzuriteStoreFixture fixture) : ObjectStoreContract(fixture), IClassFixture<AzuriteStoreFixture>;

public sealed class UnreachableAzureBlobObjectStoreContract(AzuriteStoreFixture fixture) : UnreachableStoreContract(fixture), IClassFixture<AzuriteStoreFixture>
{
    protected override ValueTask<IObjectStore> OpenUnreachableStoreAsync(CancellationToken cancellationToken)
    {
        var nobody = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}"));
        return ValueTask.FromResult<IObjectStore>(new AzureBlobObjectStore(
            Azurite.ServiceAt(nobody, Convert.ToBase64String(new byte[64])).GetBlobContainerClient("nowhere"), new AzureBlobObjectStoreOptions(), TimeProvider.System, NullLogger<AzureBlobObjectStore>.Instance));
    }
}
