using System.Security.Cryptography;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Storage.Testing;

namespace Registry.Storage.Azure.Tests.Testing;

/// <summary>A container of its own in the emulator.</summary>
public class AzuriteStoreFixture(Azurite azurite) : ObjectStoreFixture
{
    private readonly string container = "c" + RandomNumberGenerator.GetHexString(20, lowercase: true);
    private readonly SemaphoreSlim gate = new(1, 1);
    private bool made;

    public Azurite Azurite => azurite;

    /// <summary>What the stores get. Small blocks, so that uploads have several.</summary>
    public virtual AzureBlobObjectStoreOptions Options => new() { Prefix = "some/where" };

    public override int RaceRounds => 15;

    public override bool DeletesConditionally => true;

    public override bool ListsUnfinishedUploads => true;

    /// <summary>The container, which is there.</summary>
    public async ValueTask<BlobContainerClient> ContainerAsync(CancellationToken cancellationToken, HttpPipelinePolicy? policy = null)
    {
        BlobContainerClient client = await azurite.ContainerAsync(container, cancellationToken, policy);
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (!made)
            {
                await client.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
                made = true;
            }
        }
        finally
        {
            gate.Release();
        }

        return client;
    }

    public async ValueTask<AzureBlobObjectStore> OpenAsync(
        CancellationToken cancellationToken, HttpPipelinePolicy? policy = null, AzureBlobObjectStoreOptions? options = null, TimeProvider? time = null) =>
        new(await ContainerAsync(cancellationToken, policy), options ?? Options, time ?? TimeProvider.System, NullLogger<AzureBlobObjectStore>.Instance);

    public override async ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken) => await OpenAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        if (made)
        {
            BlobContainerClient client = await azurite.ContainerAsync(container, CancellationToken.None);
            await client.DeleteIfExistsAsync();
        }

        gate.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same with small blocks, so that an upload of some megabytes has many.</summary>
public sealed class SmallBlocksFixture(Azurite azurite) : AzuriteStoreFixture(azurite)
{
    public override AzureBlobObjectStoreOptions Options => new() { BlockBytes = 256 * 1024, MaxBlockBytes = 1024 * 1024, BlocksInFlight = 4 };
}
