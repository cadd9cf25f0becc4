using System.Security.Cryptography;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;

namespace Registry.Storage.Azure;

/// <summary>Tries out, before the first operation, that conditions of writes exclude each other: all else is built on that.</summary>
internal sealed class StoreProbe(BlobNames names, BlobWrites writes, AzureBlobObjectStoreOptions options, ILogger logger)
{
    private const int Racers = 4;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        BlockBlobClient blob = names.Probe(RandomNumberGenerator.GetHexString(24, lowercase: true));
        string? mistake;
        try
        {
            mistake = await TryAsync(blob, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Whatever happened above is thrown, unless the service is away, which this then says as well.
            await writes.DeleteAsync(blob, etag: null, cancellationToken).ConfigureAwait(false);
        }

        if (mistake is not null)
        {
            if (!options.SingleNode)
            {
                throw new InvalidOperationException(
                    $"The container '{names.Container.Name}' cannot be used by several processes: {mistake} Two of them could overwrite each other's changes. "
                    + $"If no other process uses it, set {nameof(AzureBlobObjectStoreOptions.SingleNode)}.");
            }

            writes.KeepsConditionsItself = true;
            AzureStoreLog.KeepsConditionsItself(logger);
        }

        AzureStoreLog.Ready(logger, names.Container.AccountName, names.Container.Name, options.Prefix);
    }

    private async Task<string?> TryAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        PutResult[] created = await RaceAsync(blob, PutCondition.IfAbsent, cancellationToken).ConfigureAwait(false);
        if (created.Count(static put => put.Succeeded) != 1)
        {
            return $"of {Racers} writes at the same time with 'If-None-Match: *', {created.Count(static put => put.Succeeded)} succeeded instead of one.";
        }

        string first = created.Single(static put => put.Succeeded).ETag!;
        PutResult[] replaced = await RaceAsync(blob, PutCondition.IfMatch(first), cancellationToken).ConfigureAwait(false);
        if (replaced.Count(static put => put.Succeeded) != 1)
        {
            return $"of {Racers} writes at the same time with 'If-Match', {replaced.Count(static put => put.Succeeded)} succeeded instead of one.";
        }

        return await writes.DeleteAsync(blob, first, cancellationToken).ConfigureAwait(false) == Removal.Removed
            ? "a blob was deleted although the ETag of 'If-Match' was another one's."
            : null;
    }

    private Task<PutResult[]> RaceAsync(BlockBlobClient blob, PutCondition condition, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Racers).Select(i => writes.PutAsync(blob, new[] { (byte)i }, condition, cancellationToken)));
}
