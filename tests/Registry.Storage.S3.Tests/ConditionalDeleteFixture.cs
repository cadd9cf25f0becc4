using Amazon.Runtime.Internal;
using Amazon.S3;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage.S3.Faults;
using Registry.Storage.Testing;
using Registry.TestServers.Ceph;

namespace Registry.Storage.S3;

/// <summary>A bucket on a server that does as Amazon's does: it takes ETags in quotes, and keeps the condition of deletes.</summary>
public sealed class ConditionalDeleteFixture(CephFixture ceph) : ObjectStoreFixture
{
    private readonly CephBucketFixture bucket = new(ceph);
    private readonly SemaphoreSlim gate = new(1, 1);
    private ConditionalDeleteServer? server;

    public override int RaceRounds => 15;

    public override int ManyKeys => 250;

    public override int LargeUploadBytes => 20 * 1024 * 1024;

    public override bool DeletesConditionally => true;

    public override bool ListsUnfinishedUploads => true;

    /// <summary>Where the server is. Skips the test where it cannot be had.</summary>
    public async ValueTask<Uri> RequireAsync(CancellationToken cancellationToken)
    {
        CephServer running = await bucket.RequireAsync(cancellationToken);
        await gate.WaitAsync(cancellationToken);
        try
        {
            return (server ??= ConditionalDeleteServer.Start(running.Address, bucket.Client, bucket.Bucket)).Address;
        }
        finally
        {
            gate.Release();
        }
    }

    public override async ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken) => Open(await RequireAsync(cancellationToken));

    /// <summary>Opens a store at the server, or at what stands before it.</summary>
    /// <param name="address">Where that is.</param>
    /// <param name="retries">How often a client of a host's own repeats; <see langword="null"/> for the clients that the store makes.</param>
    public S3ObjectStore Open(Uri address, int? retries = null)
    {
        S3ObjectStoreOptions options = bucket.Options;
        options.ServiceUrl = address;
        var main = new UnquotingClient(QuickS3Client.Configure(options, retries ?? options.MaxRetries));
        return retries is null
            ? new S3ObjectStore(new S3Clients(main, new UnquotingClient(QuickS3Client.Configure(options, retries: 0)), main), options, TimeProvider.System, NullLogger.Instance)
            : new S3ObjectStore(main, options, TimeProvider.System, NullLogger<S3ObjectStore>.Instance);
    }

    public override async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
            Assert.True(server.Refusals > 0, "No delete was refused: the server cannot have been used.");
        }

        gate.Dispose();
        await bucket.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>Takes the quotes off the conditions of puts before they are signed, since Ceph does not take them.</summary>
    private sealed class UnquotingClient(AmazonS3Config config) : QuickS3Client(config)
    {
        protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
        {
            base.CustomizeRuntimePipeline(pipeline);
            pipeline.AddHandlerAfter<Marshaller>(new Unquote());
        }

        private sealed class Unquote : PipelineHandler
        {
            public override Task<T> InvokeAsync<T>(Amazon.Runtime.IExecutionContext executionContext)
            {
                IRequest request = executionContext.RequestContext.Request;
                if (request.HttpMethod == "PUT" && request.Headers.TryGetValue("If-Match", out string? etag))
                {
                    request.Headers["If-Match"] = etag.Trim('"');
                }

                return base.InvokeAsync<T>(executionContext);
            }
        }
    }
}
