using Registry.Storage.Faults;
using Registry.TestServers.Faults;

namespace Registry.Storage.S3.Faults;

public sealed class S3ConditionalDeleteFaults(ConditionalDeleteFixture fixture) : ConditionalDeleteFaults, IClassFixture<ConditionalDeleteFixture>
{
    protected override CannedAnswer Busy => CannedAnswer.S3(503, "SlowDown");

    protected override CannedAnswer Error => CannedAnswer.S3(500, "InternalError");

    protected override ValueTask<Uri> StartServerAsync(CancellationToken cancellationToken) => fixture.RequireAsync(cancellationToken);

    protected override IObjectStore OpenStore(Uri server, ClientManner manner) => fixture.Open(server, manner == ClientManner.GivesUpSoon ? 1 : null);
}

/// <summary>The same with a client of the host's own, which repeats by itself.</summary>
public sealed class S3ConditionalDeleteFaultsOfHostsClient(ConditionalDeleteFixture fixture) : ConditionalDeleteFaults, IClassFixture<ConditionalDeleteFixture>
{
    protected override CannedAnswer Busy => CannedAnswer.S3(503, "SlowDown");

    protected override CannedAnswer Error => CannedAnswer.S3(500, "InternalError");

    protected override ValueTask<Uri> StartServerAsync(CancellationToken cancellationToken) => fixture.RequireAsync(cancellationToken);

    protected override IObjectStore OpenStore(Uri server, ClientManner manner) => fixture.Open(server, manner == ClientManner.GivesUpSoon ? 1 : 3);
}
