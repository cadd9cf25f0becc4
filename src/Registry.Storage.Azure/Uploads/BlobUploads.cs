using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;

namespace Registry.Storage.Azure;

/// <summary>Begins, completes and aborts uploads.</summary>
/// <remarks>
/// <para>The bytes of an upload are uncommitted blocks of the object's own blob: the service lists neither them nor the blob, and to complete is to commit a list
/// of them. What the list does not name is dropped then.</para>
/// <para>Blocks that were never committed cannot be removed, and cannot tell that they must not be committed any more. So each upload has a marker beside the objects:
/// a blob that says <c>open</c> from the beginning on. Who completes first makes it say which blocks, who aborts removes it, both on the condition that
/// it is still as it was at the beginning: one of them comes through. A complete upload's marker is removed: then its blob tells by its metadata which blocks it was made of.
/// Of an aborted upload nothing stays but the blocks, which the service drops a week after the last of them came.</para>
/// </remarks>
internal sealed class BlobUploads(BlobNames names, BlobWrites writes, AzureBlobObjectStoreOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>What the marker says of an upload on whose end nobody has decided.</summary>
    public const string Open = "open";

    private const string BlocksMetadata = "blocks";

    /// <summary>By then the service has dropped all blocks that were not committed, which it does after a week.</summary>
    private static readonly TimeSpan BlocksAreGone = TimeSpan.FromDays(8);

    private enum Decision
    {
        /// <summary>These blocks are what the upload ends with, and have to be committed.</summary>
        Commit,

        /// <summary>The upload is complete or aborted.</summary>
        Ended,

        /// <summary>The upload ends with other blocks.</summary>
        Otherwise,
    }

    public async Task<AzureUploadToken> BeginAsync(string key, CancellationToken cancellationToken)
    {
        string id = AzureUploadToken.CreateId();
        PutResult begun = await writes.PutAsync(names.Marker(key, id), Encoding.ASCII.GetBytes(Open), PutCondition.IfAbsent, cancellationToken).ConfigureAwait(false);
        return begun.ETag is { } etag
            ? new AzureUploadToken(id, etag, 0, [], key)
            : throw new IOException($"The upload '{id}' is there already.");
    }

    /// <summary>Whether an upload can be gone on with.</summary>
    public async Task<bool> IsOpenAsync(AzureUploadToken token, CancellationToken cancellationToken) =>
        await ReadMarkerAsync(token, cancellationToken).ConfigureAwait(false) is (Open, _);

    /// <summary>Sends a block.</summary>
    public async Task StageAsync(string key, string blockId, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        using MemoryStream stream = MemoryStreams.Over(bytes);
        await names.Object(key).StageBlockAsync(blockId, stream, options: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the blocks of a token an object.</summary>
    /// <param name="token">The token.</param>
    /// <param name="whole">All bytes, where there are few enough and they were not sent in blocks; the token's blocks are only a name for them then.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The key, or <see langword="null"/> when the upload is gone.</returns>
    public async Task<string?> CompleteAsync(AzureUploadToken token, ReadOnlyMemory<byte>? whole, CancellationToken cancellationToken)
    {
        string blocks = token.HashBlocks();
        switch (await DecideAsync(token, blocks, cancellationToken).ConfigureAwait(false))
        {
            case Decision.Otherwise:
                return null;
            case Decision.Ended:
                return await IsCommittedAsync(token, blocks, cancellationToken).ConfigureAwait(false) ? token.Key : null;
        }

        bool committed = await CommitAsync(token, blocks, whole, cancellationToken).ConfigureAwait(false);
        await RemoveMarkerAsync(token, cancellationToken).ConfigureAwait(false);
        return committed ? token.Key : null;
    }

    public async Task AbortAsync(AzureUploadToken token, CancellationToken cancellationToken)
    {
        string etag = token.ETag;
        while (etag == AzureUploadToken.NoETag || await writes.DeleteAsync(names.Marker(token.Key, token.Id), etag, cancellationToken).ConfigureAwait(false) == Removal.Changed)
        {
            if (await FindMarkerAsync(token, cancellationToken).ConfigureAwait(false) is not { } marker
                || (Text(marker) != Open && !await IsLeftOverAsync(token, marker, cancellationToken).ConfigureAwait(false)))
            {
                return;
            }

            etag = marker.ETag;
        }
    }

    private static string Completing(string blocks) => "complete " + blocks;

    private async Task<Decision> DecideAsync(AzureUploadToken token, string blocks, CancellationToken cancellationToken)
    {
        byte[] decided = Encoding.ASCII.GetBytes(Completing(blocks));
        string etag = token.ETag;
        while (true)
        {
            PutResult put = await writes.PutAsync(names.Marker(token.Key, token.Id), decided, PutCondition.IfMatch(etag), cancellationToken).ConfigureAwait(false);
            if (put.Succeeded)
            {
                return Decision.Commit;
            }

            switch (await ReadMarkerAsync(token, cancellationToken).ConfigureAwait(false))
            {
                case null:
                    return Decision.Ended;
                case (Open, var current):
                    // The same marker with another ETag: somebody copied or touched the container.
                    etag = current;
                    break;
                case var (state, _):
                    return state == Completing(blocks) ? Decision.Commit : Decision.Otherwise;
            }
        }
    }

    private async Task<bool> CommitAsync(AzureUploadToken token, string blocks, ReadOnlyMemory<byte>? whole, CancellationToken cancellationToken)
    {
        BlockBlobClient blob = names.Object(token.Key);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [BlocksMetadata] = blocks };
        try
        {
            if (whole is { } bytes)
            {
                // No condition is needed: only these bytes can come this far, and nobody else has them.
                using MemoryStream stream = MemoryStreams.Over(bytes);
                var put = new BlobUploadOptions { Metadata = metadata, AccessTier = options.DataAccessTier };
                await blob.UploadAsync(stream, put, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                // Committing the same blocks again would change nothing but the ETag that readers go by.
                var commit = new CommitBlockListOptions { Metadata = metadata, Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All }, AccessTier = options.DataAccessTier };
                await blob.CommitBlockListAsync(token.BlockIds, commit, cancellationToken).ConfigureAwait(false);
            }

            return true;
        }
        catch (RequestFailedException e) when (BlobFaults.IsConditionFailed(e) || BlobFaults.IsBlockMissing(e) || BlobFaults.IsBlobMissing(e))
        {
            // Another process, or an attempt whose answer got lost, committed them. Otherwise they are gone: the service keeps them a week.
            return await IsCommittedAsync(token, blocks, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> IsCommittedAsync(AzureUploadToken token, string blocks, CancellationToken cancellationToken) =>
        await BlobWrites.FindAsync(names.Object(token.Key), cancellationToken).ConfigureAwait(false) is { } found
        && found.Metadata.TryGetValue(BlocksMetadata, out string? made) && made == blocks;

    /// <summary>Whether the marker of an upload that was to be completed is left from a crash: the object is there, or cannot come to be any more.</summary>
    private async Task<bool> IsLeftOverAsync(AzureUploadToken token, SmallObject marker, CancellationToken cancellationToken) =>
        time.GetUtcNow() - marker.LastModified > BlocksAreGone
        || await BlobWrites.FindAsync(names.Object(token.Key), cancellationToken).ConfigureAwait(false) is not null;

    private static string Text(SmallObject marker) => Encoding.ASCII.GetString(marker.Content.Span);

    private async Task<(string State, string ETag)?> ReadMarkerAsync(AzureUploadToken token, CancellationToken cancellationToken) =>
        await FindMarkerAsync(token, cancellationToken).ConfigureAwait(false) is { } marker ? (Text(marker), marker.ETag) : null;

    private Task<SmallObject?> FindMarkerAsync(AzureUploadToken token, CancellationToken cancellationToken) => BlobReads.GetAsync(names.Marker(token.Key, token.Id), cancellationToken);

    private async Task RemoveMarkerAsync(AzureUploadToken token, CancellationToken cancellationToken)
    {
        try
        {
            await writes.DeleteAsync(names.Marker(token.Key, token.Id), etag: null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (BlobFaults.IsForeign(e, CancellationToken.None) || e is OperationCanceledException)
        {
            // The object is there, which is what counts. A marker that stays says of which blocks, and is as good as none.
            AzureStoreLog.MarkerStays(logger, token.Id, e);
        }
    }
}
