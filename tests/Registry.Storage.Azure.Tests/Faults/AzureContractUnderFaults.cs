using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage.Azure.Tests.Testing;
using Registry.Storage.Faults;
using Registry.Storage.Testing;
using Registry.TestServers.Azurite;
using Registry.TestServers.Faults;

namespace Registry.Storage.Azure.Tests.Faults;

/// <summary>The whole contract, while a share of all requests and answers goes wrong.</summary>
public sealed class AzureContractUnderFaults(FaultyContainerFixture fixture) : ObjectStoreContract(fixture), IClassFixture<FaultyContainerFixture>;

/// <summary>A container behind a proxy with faults.</summary>
public sealed class FaultyContainerFixture(Azurite azurite) : ObjectStoreFixture
{
    private const int Percent = 2;

    private readonly AzuriteStoreFixture container = new(azurite);
    private FaultProxy? proxy;

    public override int RaceRounds => 3;

    public override bool DeletesConditionally => true;

    public override bool ListsUnfinishedUploads => true;

    public override int ManyKeys => 250;

    public override int LargeUploadBytes => 20 * 1024 * 1024;

    public override async ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken)
    {
        AzuriteServer server = await azurite.RequireAsync(cancellationToken);
        BlobContainerClient client = await container.ContainerAsync(cancellationToken);
        if (proxy is null)
        {
            proxy = FaultProxy.Start(server.Address);
            var faults = new SeededFaults(Percent, static request => request.Header("x-ms-client-request-id"), MayRepeat, CannedAnswer.Azure(503, "ServerBusy"));
            proxy.Rule = faults.Choose;
        }

        return new AzureBlobObjectStore(
            Azurite.ServiceAt(proxy.Address, server.Key, configure: Azurite.RetrySoon).GetBlobContainerClient(client.Name), container.Options, TimeProvider.System, NullLogger<AzureBlobObjectStore>.Instance);
    }

    public override async ValueTask DisposeAsync()
    {
        if (proxy is not null)
        {
            await proxy.DisposeAsync();
            TestContext.Current.SendDiagnosticMessage($"Azure seed {SeededFaults.Seed}: {proxy.Faults.Count} faults in {proxy.Requests.Count} requests");
            Assert.True(proxy.Requests.Count < 1000 || proxy.Faults.Count > proxy.Requests.Count / 200, $"There were {proxy.Faults.Count} faults in {proxy.Requests.Count} requests.");
        }

        await container.DisposeAsync();
        await base.DisposeAsync();
    }

    // A delete that comes again takes what was put since. Of a put if match that is replaced before it is repeated nobody can tell that it was there.
    private static bool MayRepeat(ProxiedRequest request) => request.Path.Contains("/o/", StringComparison.Ordinal)
        ? request.Method != "DELETE" && !(request.Method == "PUT" && request.Path.EndsWith("/counter", StringComparison.Ordinal))
        : true;
}
