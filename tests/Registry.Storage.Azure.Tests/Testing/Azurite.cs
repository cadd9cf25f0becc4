using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;
using Registry.Storage.Azure.Tests.Testing;
using Registry.TestServers.Azurite;
using Registry.TestServers.Processes;

[assembly: AssemblyFixture(typeof(Azurite))]

namespace Registry.Storage.Azure.Tests.Testing;

/// <summary>The emulator of the run, started when the first test asks for it.</summary>
public sealed class Azurite : IAsyncLifetime
{
    private readonly OnDemand<AzuriteServer> server = new("azurite", AzuriteServer.InstallAsync, AzuriteServer.StartAsync);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A client for a container, which is not made by this. Skips the test where there is no emulator.</summary>
    public async ValueTask<BlobContainerClient> ContainerAsync(string name, CancellationToken cancellationToken, HttpPipelinePolicy? policy = null)
    {
        BlobServiceClient service = await ServiceAsync(cancellationToken, policy);
        return service.GetBlobContainerClient(name);
    }

    public async ValueTask<BlobServiceClient> ServiceAsync(CancellationToken cancellationToken, HttpPipelinePolicy? policy = null)
    {
        AzuriteServer running = await RequireAsync(cancellationToken);
        return ServiceAt(running.Address, running.Key, policy);
    }

    /// <summary>A client for an account at an address where nobody need be.</summary>
    public static BlobServiceClient ServiceAt(Uri address, string key, HttpPipelinePolicy? policy = null, Action<BlobClientOptions>? configure = null)
    {
        BlobClientOptions options = AzureBlobObjectStore.CreateClientOptions();
        configure?.Invoke(options);
        if (policy is not null)
        {
            // What changes a request has to come before it is signed.
            options.AddPolicy(policy, policy is WithoutConditions ? HttpPipelinePosition.PerCall : HttpPipelinePosition.PerRetry);
        }

        return new BlobServiceClient(new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{AzuriteServer.Account}"), new StorageSharedKeyCredential(AzuriteServer.Account, key), options);
    }

    /// <summary>Settings of a client whose faults pass soon: waiting for the service to recover is of no use.</summary>
    public static void RetrySoon(BlobClientOptions options)
    {
        options.Retry.Delay = TimeSpan.FromMilliseconds(10);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(50);
    }

    /// <summary>The server. Skips the test where it cannot be had.</summary>
    public async ValueTask<AzuriteServer> RequireAsync(CancellationToken cancellationToken)
    {
        (AzuriteServer? running, string? missing) = await server.GetAsync(cancellationToken);
        Assert.SkipWhen(missing is not null, missing ?? "");
        return running!;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
