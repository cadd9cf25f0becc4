using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Registry.Storage.Azure;

/// <summary>What came of removing a blob.</summary>
internal enum Removal
{
    /// <summary>It was there, and is not any more.</summary>
    Removed,

    /// <summary>It was not there.</summary>
    Missing,

    /// <summary>It is there, with another ETag than the one that it had to have.</summary>
    Changed,
}

/// <summary>Writes small blobs whole and removes blobs, each under a condition.</summary>
internal sealed class BlobWrites
{
    /// <summary>The name of the metadata that tells one write from all others.</summary>
    private const string WriteId = "w";

    private const int Attempts = 4;
    private const int Stripes = 64;

    private readonly SemaphoreSlim[] locks = [.. Enumerable.Range(0, Stripes).Select(static _ => new SemaphoreSlim(1, 1))];

    /// <summary>The service ignores conditions, and this process, which is the only one, keeps them itself.</summary>
    public bool KeepsConditionsItself { get; set; }

    /// <summary>Writes a blob. The result says when the condition did not hold.</summary>
    public async Task<PutResult> PutAsync(BlockBlobClient blob, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        if (!KeepsConditionsItself)
        {
            return await PutOverServiceAsync(blob, content, condition, cancellationToken).ConfigureAwait(false);
        }

        SemaphoreSlim mutex = LockOf(blob);
        await mutex.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await HoldsAsync(blob, condition, cancellationToken).ConfigureAwait(false)
                ? await PutOverServiceAsync(blob, content, PutCondition.None, cancellationToken).ConfigureAwait(false)
                : PutResult.ConditionFailed;
        }
        finally
        {
            mutex.Release();
        }
    }

    /// <summary>Removes a blob.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="etag">The ETag that it must have; <see langword="null"/> for any.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<Removal> DeleteAsync(BlockBlobClient blob, string? etag, CancellationToken cancellationToken)
    {
        if (!KeepsConditionsItself)
        {
            return await DeleteOverServiceAsync(blob, etag, cancellationToken).ConfigureAwait(false);
        }

        SemaphoreSlim mutex = LockOf(blob);
        await mutex.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (etag is not null && await FindAsync(blob, cancellationToken).ConfigureAwait(false) is { } found && Text(found.ETag) != etag)
            {
                return Removal.Changed;
            }

            return await DeleteOverServiceAsync(blob, null, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            mutex.Release();
        }
    }

    /// <summary>A blob's properties, or <see langword="null"/> where there is none.</summary>
    public static async Task<BlobProperties?> FindAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            return await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            return null;
        }
    }

    /// <summary>The form in which ETags are handed out: without quotes.</summary>
    public static string Text(ETag etag) => etag.ToString("G");

    private static async Task<PutResult> PutOverServiceAsync(BlockBlobClient blob, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        string id = RandomNumberGenerator.GetHexString(24, lowercase: true);
        var options = new BlobUploadOptions
        {
            Conditions = ToConditions(condition),
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [WriteId] = id },
        };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using MemoryStream stream = MemoryStreams.Over(content);
                Response<BlobContentInfo> written = await blob.UploadAsync(stream, options, cancellationToken).ConfigureAwait(false);
                return PutResult.Written(Text(written.Value.ETag));
            }
            catch (RequestFailedException e) when (condition.RequiredETag is not null && BlobFaults.IsBlobMissing(e))
            {
                return PutResult.ConditionFailed;
            }
            catch (RequestFailedException e) when (BlobFaults.IsConditionFailed(e))
            {
                // The library repeats a write whose answer got lost, and is then told of its own success.
                BlobProperties? found = await FindAsync(blob, cancellationToken).ConfigureAwait(false);
                if (found is not null && found.Metadata.TryGetValue(WriteId, out string? writer) && writer == id)
                {
                    return PutResult.Written(Text(found.ETag));
                }

                bool failed = condition.RequiredETag is { } required ? found is null || Text(found.ETag) != required : condition.RequiresAbsence;
                if (failed)
                {
                    return PutResult.ConditionFailed;
                }

                if (attempt == Attempts)
                {
                    throw new StoreUnavailableException($"The blob '{blob.Name}' is being changed all the time ({e.ErrorCode}).", e);
                }
            }
        }
    }

    // The library repeats a delete whose answer got lost: then the blob is missing, or another is there, although it was removed by this.
    private static async Task<Removal> DeleteOverServiceAsync(BlockBlobClient blob, string? etag, CancellationToken cancellationToken)
    {
        BlobRequestConditions? conditions = etag is null ? null : new BlobRequestConditions { IfMatch = new ETag(etag) };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await blob.DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions, cancellationToken).ConfigureAwait(false);
                return Removal.Removed;
            }
            catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
            {
                return Removal.Missing;
            }
            catch (RequestFailedException e) when (etag is not null && BlobFaults.IsConditionFailed(e))
            {
                // A conflict leaves it open whether the condition holds.
                BlobProperties? found = e.Status == 412 ? null : await FindAsync(blob, cancellationToken).ConfigureAwait(false);
                if (found is null || Text(found.ETag) != etag)
                {
                    return e.Status == 412 || found is not null ? Removal.Changed : Removal.Missing;
                }

                if (attempt == Attempts)
                {
                    throw new StoreUnavailableException($"The blob '{blob.Name}' is being changed all the time ({e.ErrorCode}).", e);
                }
            }
        }
    }

    private static async Task<bool> HoldsAsync(BlockBlobClient blob, PutCondition condition, CancellationToken cancellationToken)
    {
        if (condition == PutCondition.None)
        {
            return true;
        }

        BlobProperties? found = await FindAsync(blob, cancellationToken).ConfigureAwait(false);
        return condition.RequiresAbsence ? found is null : found is not null && Text(found.ETag) == condition.RequiredETag;
    }

    private static BlobRequestConditions? ToConditions(PutCondition condition) => condition switch
    {
        { RequiresAbsence: true } => new BlobRequestConditions { IfNoneMatch = ETag.All },
        { RequiredETag: { } etag } => new BlobRequestConditions { IfMatch = new ETag(etag) },
        _ => null,
    };

    private SemaphoreSlim LockOf(BlockBlobClient blob) => locks[(uint)StringComparer.Ordinal.GetHashCode(blob.Name) % Stripes];
}
