using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;

namespace Registry.Storage.Azure;

/// <summary>Signs URLs, with the account's key where the client has it, or else with a user delegation key, which is kept for hours.</summary>
internal sealed class DownloadUrls(BlobNames names, AzureBlobObjectStoreOptions options, TimeProvider time) : IDisposable
{
    // Longer than any URL lives by a good deal, so that a key serves for many, and within the service's 7 days.
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(12);
    private static readonly TimeSpan LongestKeyLifetime = TimeSpan.FromDays(7) - TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RefusalLifetime = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim mutex = new(1, 1);
    private UserDelegationKey? kept;
    private DateTimeOffset refusedUntil;

    public async Task<Uri?> CreateAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        BlockBlobClient blob = names.Object(key);
        TimeSpan allowed = lifetime < options.MaxDownloadUrlLifetime ? lifetime : options.MaxDownloadUrlLifetime;
        bool signs = blob.CanGenerateSasUri;
        if (!signs && allowed > LongestKeyLifetime - options.DownloadUrlClockSkew)
        {
            allowed = LongestKeyLifetime - options.DownloadUrlClockSkew;
        }

        var sas = new BlobSasBuilder(BlobSasPermissions.Read, now + allowed)
        {
            BlobContainerName = blob.BlobContainerName,
            BlobName = blob.Name,
            Resource = "b",
            StartsOn = now - options.DownloadUrlClockSkew,
        };
        if (signs)
        {
            return blob.GenerateSasUri(sas);
        }

        if (await GetKeyAsync(now, sas.ExpiresOn, cancellationToken).ConfigureAwait(false) is not { } signer)
        {
            return null;
        }

        if (signer.SignedStartsOn > sas.StartsOn)
        {
            sas.StartsOn = signer.SignedStartsOn;
        }

        return new BlobUriBuilder(blob.Uri) { Sas = sas.ToSasQueryParameters(signer, blob.AccountName) }.ToUri();
    }

    public void Dispose() => mutex.Dispose();

    private async Task<UserDelegationKey?> GetKeyAsync(DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref kept) is { } current && current.SignedExpiresOn >= until)
        {
            return current;
        }

        await mutex.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (kept is { } fresh && fresh.SignedExpiresOn >= until)
            {
                return fresh;
            }

            if (now < refusedUntil)
            {
                return null;
            }

            DateTimeOffset expires = now + KeyLifetime > until ? now + KeyLifetime : until;
            UserDelegationKey key = await names.Container.GetParentBlobServiceClient()
                .GetUserDelegationKeyAsync(now - options.DownloadUrlClockSkew, expires, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref kept, key);
            return key;
        }
        catch (RequestFailedException e) when (e.Status is 400 or 401 or 403 or 501)
        {
            // The client came with a signature of its own, or its identity may not sign: the bytes go through this process.
            refusedUntil = now + RefusalLifetime;
            return null;
        }
        finally
        {
            mutex.Release();
        }
    }
}
