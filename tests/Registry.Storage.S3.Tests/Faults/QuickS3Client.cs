using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3;
using Amazon.S3.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.TestServers.Ceph;

namespace Registry.Storage.S3.Faults;

/// <summary>A client that repeats what the SDK repeats, only sooner: its half seconds are of no use where a fault passes at once.</summary>
internal class QuickS3Client(AmazonS3Config config) : AmazonS3Client(new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey), config)
{
    /// <summary>A store with clients as it makes them itself, which are quick.</summary>
    public static S3ObjectStore Open(S3ObjectStoreOptions options)
    {
        var main = new QuickS3Client(Configure(options, options.MaxRetries));
        return new S3ObjectStore(new S3Clients(main, new QuickS3Client(Configure(options, retries: 0)), main), options, TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>A store with a host's client, which repeats everything itself.</summary>
    public static S3ObjectStore OpenAsHosts(S3ObjectStoreOptions options, int retries, TimeSpan? timeLimit)
    {
        AmazonS3Config config = Configure(options, retries);
        if (timeLimit is not null)
        {
            config.Timeout = timeLimit;
        }

        return new S3ObjectStore(new QuickS3Client(config), options, TimeProvider.System, NullLogger<S3ObjectStore>.Instance);
    }

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new SoonRetries(Config)));
    }

    public static AmazonS3Config Configure(S3ObjectStoreOptions options, int retries) => new()
    {
        ServiceURL = options.ServiceUrl!.AbsoluteUri,
        UseHttp = true,
        AuthenticationRegion = options.Region,
        ForcePathStyle = true,
        MaxErrorRetry = retries,
        RetryMode = RequestRetryMode.Standard,
        RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
    };

    private sealed class SoonRetries(IClientConfig config) : AmazonS3StandardRetryPolicy(config)
    {
        public override Task WaitBeforeRetryAsync(IExecutionContext executionContext) => Task.Delay(TimeSpan.FromMilliseconds(10));
    }
}
