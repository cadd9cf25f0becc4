using Registry.Storage.Faults;
using Registry.Storage.Testing;
using Registry.TestServers.Faults;

namespace Registry.Storage.S3.Faults;

/// <summary>The whole contract, while a share of all requests and answers goes wrong.</summary>
public sealed class S3ContractUnderFaults(FaultyBucketFixture fixture) : ObjectStoreContract(fixture), IClassFixture<FaultyBucketFixture>;

/// <summary>A bucket behind a proxy with faults.</summary>
public sealed class FaultyBucketFixture(CephFixture ceph) : ObjectStoreFixture
{
    private const int Percent = 2;

    private readonly CephBucketFixture bucket = new(ceph);
    private FaultProxy? proxy;

    public override int RaceRounds => 3;

    public override bool ListsUnfinishedUploads => true;

    public override int ManyKeys => 250;

    public override int LargeUploadBytes => 20 * 1024 * 1024;

    public override async ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken)
    {
        Uri server = (await bucket.RequireAsync(cancellationToken)).Address;
        if (proxy is null)
        {
            proxy = FaultProxy.Start(server);
            var faults = new SeededFaults(Percent, OperationOf, MayRepeat, CannedAnswer.S3(503, "SlowDown"));
            proxy.Rule = faults.Choose;
        }

        S3ObjectStoreOptions options = bucket.Options;
        options.ServiceUrl = proxy.Address;
        return QuickS3Client.Open(options);
    }

    public override async ValueTask DisposeAsync()
    {
        if (proxy is not null)
        {
            await proxy.DisposeAsync();
            TestContext.Current.SendDiagnosticMessage($"S3 seed {SeededFaults.Seed}: {proxy.Faults.Count} faults in {proxy.Requests.Count} requests");
            Assert.True(proxy.Requests.Count < 1000 || proxy.Faults.Count > proxy.Requests.Count / 200, $"There were {proxy.Faults.Count} faults in {proxy.Requests.Count} requests.");
        }

        await bucket.DisposeAsync();
        await base.DisposeAsync();
    }

    // The put's own id, which the store's repetitions keep as well, or the SDK's for all attempts of a call.
    private static string? OperationOf(ProxiedRequest request) => request.Header("x-amz-meta-put") ?? request.Header("amz-sdk-invocation-id");

    // Who begins a multipart upload twice leaves one that is unfinished for good, and that the listings of the contract would show. A delete that comes again takes what
    // was put since. Of a put if match that is replaced twice before its writer asks nobody can tell that it was there: that is a fault, which the increments do not take.
    private static bool MayRepeat(ProxiedRequest request) => request.Path.Contains("/o/", StringComparison.Ordinal)
        ? request.Query != "uploads" && request.Method != "DELETE" && !(request.Method == "PUT" && request.Path.EndsWith("/counter", StringComparison.Ordinal))
        : true;
}
