using Registry.Storage.Azure.Tests.Testing;
using Registry.Storage.Faults;
using Registry.TestServers.Azurite;
using Registry.TestServers.Faults;

namespace Registry.Storage.Azure.Tests.Faults;

public sealed class AzureRemoteStoreFaults(SmallBlocksFixture fixture) : RemoteStoreFaults, IClassFixture<SmallBlocksFixture>
{
    private AzuriteServer? server;
    private string container = "";

    protected override int PartBytes => 256 * 1024;

    protected override CannedAnswer Busy => CannedAnswer.Azure(503, "ServerBusy");

    protected override CannedAnswer Error => CannedAnswer.Azure(500, "InternalError");

    protected override async ValueTask<Uri> StartServerAsync(CancellationToken cancellationToken)
    {
        server = await fixture.Azurite.RequireAsync(cancellationToken);
        container = (await fixture.ContainerAsync(cancellationToken)).Name;
        return server.Address;
    }

    protected override IObjectStore OpenStore(Uri server, ClientManner manner) => FaultyStores.Open(fixture, server, this.server!.Key, container, manner);

    protected override bool IsStep(ProxiedRequest request, string step) => step switch
    {
        "begin" => request.Method == "PUT" && request.Path.Contains("/u/", StringComparison.Ordinal),
        "part" => IsBlock(request) && request.ContentLength == PartBytes,
        "tail" => IsBlock(request) && request.ContentLength != PartBytes,
        "complete" => request.Method == "PUT" && request.Query.Contains("comp=blocklist", StringComparison.Ordinal),
        "drop" => request.Method == "DELETE" && request.Path.Contains("/u/", StringComparison.Ordinal),
        _ => throw new ArgumentException(step, nameof(step)),
    };

    protected override bool IsListing(ProxiedRequest request) => request.Query.Contains("comp=list", StringComparison.Ordinal) && request.Method == "GET";

    private static bool IsBlock(ProxiedRequest request) => request.Method == "PUT" && request.Query.Contains("comp=block&", StringComparison.Ordinal);
}
