using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage.Azure.Tests.Testing;
using Registry.Storage.Testing;

namespace Registry.Storage.Azure.Tests;

public sealed class AzureBlobObjectStoreContract(AzuriteStoreFixture fixture) : ObjectStoreContract(fixture), IClassFixture<AzuriteStoreFixture>;

public sealed class UnreachableAzureBlobObjectStoreContract(AzuriteStoreFixture fixture) : UnreachableStoreContract(fixture), IClassFixture<AzuriteStoreFixture>
{
    private readonly AzuriteStoreFixture _fixture = fixture;

    protected override ValueTask<IObjectStore> OpenUnreachableStoreAsync(CancellationToken cancellationToken)
    {
        // A port that was free a moment ago.
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return ValueTask.FromResult<IObjectStore>(new AzureBlobObjectStore(
            _fixture.Azurite.ServiceAt(new Uri($"http://127.0.0.1:{port}")).GetBlobContainerClient("nowhere"), new AzureBlobObjectStoreOptions(), TimeProvider.System, NullLogger<AzureBlobObjectStore>.Instance));
    }
}
