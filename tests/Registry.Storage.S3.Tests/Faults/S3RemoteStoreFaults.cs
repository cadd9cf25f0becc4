using Registry.TestServers.Faults;
using Registry.Storage.Faults;

namespace Registry.Storage.S3.Faults;

public sealed class S3RemoteStoreFaults(CephBucketFixture fixture) : RemoteStoreFaults, IClassFixture<CephBucketFixture>
{
    protected override int PartBytes => 8 * 1024 * 1024;

    protected override CannedAnswer Busy => CannedAnswer.S3(503, "SlowDown");

    protected override CannedAnswer Error => CannedAnswer.S3(500, "InternalError");

    protected override async ValueTask<Uri> StartServerAsync(CancellationToken cancellationToken) => (await fixture.RequireAsync(cancellationToken)).Address;

    protected override IObjectStore OpenStore(Uri server, ClientManner manner)
    {
        S3ObjectStoreOptions options = fixture.Options;
        options.ServiceUrl = server;
        return manner switch
        {
            ClientManner.GivesUpSoon => QuickS3Client.OpenAsHosts(options, retries: 1, timeLimit: null),
            ClientManner.WaitsBriefly => QuickS3Client.OpenAsHosts(options, retries: 5, TimeSpan.FromSeconds(2)),
            _ => QuickS3Client.Open(options),
        };
    }

    protected override bool IsStep(ProxiedRequest request, string step) => step switch
    {
        "begin" => request.Method == "POST" && request.Query == "uploads",
        "part" => request.Method == "PUT" && request.Query.Contains("partNumber=", StringComparison.Ordinal),
        "tail" => request.Method == "PUT" && request.Path.Contains("/u/", StringComparison.Ordinal),
        "complete" => request.Method == "POST" && request.Query.StartsWith("uploadId=", StringComparison.Ordinal),
        "drop" => request.Method == "DELETE" && request.Path.Contains("/u/", StringComparison.Ordinal),
        _ => throw new ArgumentException(step, nameof(step)),
    };

    protected override bool IsListing(ProxiedRequest request) => request.Query.Contains("list-type=2", StringComparison.Ordinal);
}
