using Registry.Storage.Azure.Tests.Testing;
using Registry.Storage.Faults;
using Registry.TestServers.Azurite;
using Registry.TestServers.Faults;

namespace Registry.Storage.Azure.Tests.Faults;

public sealed class AzureConditionalDeleteFaults(AzuriteStoreFixture fixture) : ConditionalDeleteFaults, IClassFixture<AzuriteStoreFixture>
{
    private AzuriteServer? server;
    private string container = "";

    protected override CannedAnswer Busy => CannedAnswer.Azure(503, "ServerBusy");

    protected override CannedAnswer Error => CannedAnswer.Azure(500, "InternalError");

    protected override async ValueTask<Uri> StartServerAsync(CancellationToken cancellationToken)
    {
        server = await fixture.Azurite.RequireAsync(cancellationToken);
        container = (await fixture.ContainerAsync(cancellationToken)).Name;
        return server.Address;
    }

    protected override IObjectStore OpenStore(Uri server, ClientManner manner) => FaultyStores.Open(fixture, server, this.server!.Key, container, manner);
}
