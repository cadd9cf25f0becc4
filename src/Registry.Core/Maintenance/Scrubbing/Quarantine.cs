using System.Runtime.CompilerServices;
using System.Text.Json;
using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>
/// Takes what is broken out of service and keeps it for the operator. A blob in quarantine is gone: it is not found, and the next push of it stores it anew. Its bytes stay where they are, named by a record of the
/// quarantine instead of the blob's.
/// </summary>
internal sealed class Quarantine(ContentRoot root)
{
    /// <summary>Takes a blob out of service.</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="found">Its record, as it was before its bytes were read.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the work; a blob is then in service or not.</param>
    /// <returns>Whether the record was still the same.</returns>
    public async ValueTask<bool> TakeBlobAsync(Digest digest, Versioned<BlobRecord> found, ScrubFindingKind reason, CancellationToken cancellationToken)
    {
        // The quarantine names the bytes before the blob's record stops naming them, so that there is no moment in which nothing does.
        if (reason != ScrubFindingKind.BlobMissing)
        {
            var kept = new QuarantineRecord { Data = found.Record.Data, Digest = digest.Value, Size = found.Record.Size, Reason = reason, Found = root.Time.GetUtcNow() };
            await root.Store.PutAsync(ScrubKeys.Quarantined(found.Record.Data), kept.Encode(), PutCondition.IfAbsent, cancellationToken).ConfigureAwait(false);
        }

        PutOutcome<BlobRecord> outcome = await root.Records.PutAsync(ContentKeys.Blob(digest), Gone(found.Record.Size) with { Burnt = found.Record.Burnt }, found, cancellationToken).ConfigureAwait(false);
        root.Blobs.Forget(digest);
        return outcome.Won;
    }

    /// <summary>Takes a blob out of service whose record is none: a copy of it is kept, and the blob is gone.</summary>
    /// <returns>Whether the record was still the same.</returns>
    public async ValueTask<bool> TakeRecordAsync(Digest digest, SmallObject broken, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Blob(digest);
        await KeepRecordAsync(key, broken.Content, cancellationToken).ConfigureAwait(false);

        // What the record said is not known: whether an upload of the blob was burnt, say. Taking it for burnt is right in any case.
        BlobRecord gone = (Gone(0) with { Burnt = true }).WithNonce(root.Ids.Next());
        PutResult result = await root.Store.PutAsync(key, gone.Encode(), PutCondition.IfMatch(broken.ETag), cancellationToken).ConfigureAwait(false);
        root.Blobs.Forget(digest);
        return result.Succeeded;
    }

    /// <summary>Keeps a copy of a record that is about to be replaced.</summary>
    public async ValueTask KeepRecordAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await root.Store.PutAsync(ScrubKeys.QuarantinedRecord(key, root.Ids.Next()), content, PutCondition.IfAbsent, cancellationToken).ConfigureAwait(false);

    /// <summary>Lists the bytes in quarantine, in the order of their keys.</summary>
    public async IAsyncEnumerable<QuarantineRecord> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string key in root.Store.ListAllAsync(ScrubKeys.QuarantinedDataPrefix, cancellationToken).ConfigureAwait(false))
        {
            if (await root.Store.GetAsync(key, cancellationToken).ConfigureAwait(false) is { } found)
            {
                yield return Read(key, found);
            }
        }
    }

    /// <summary>Removes bytes that are in quarantine, and what keeps them there. Bytes that a blob names still, because whoever was about to take it out of service stopped, stay.</summary>
    /// <returns>Whether they were in quarantine.</returns>
    public async ValueTask<bool> RemoveAsync(string dataKey, CancellationToken cancellationToken)
    {
        string key = ScrubKeys.Quarantined(dataKey);
        if (await root.Store.GetAsync(key, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return false;
        }

        QuarantineRecord kept = Read(key, found);
        Versioned<BlobRecord>? blob = await root.Records.ReadAsync<BlobRecord>(ContentKeys.Blob(Digest.Parse(kept.Digest)), cancellationToken).ConfigureAwait(false);
        bool named = blob?.Record.Data == dataKey;
        if (!named)
        {
            // A record that does not name these bytes now never will: a data key is given to one record, once.
            await root.Store.DeleteAsync(dataKey, cancellationToken).ConfigureAwait(false);
        }

        await root.Store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        return !named;
    }

    // Whoever finds a blob gone deletes what its record names, before a new upload takes its place or when it is collected. So the record must not name the bytes that are kept.
    private BlobRecord Gone(long size) => new() { State = BlobState.Gone, Data = "", Size = size, CondemnedAt = root.Time.GetUtcNow() };

    private static QuarantineRecord Read(string key, SmallObject found)
    {
        try
        {
            return QuarantineRecord.Decode(found.Content);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The stored record '{key}' cannot be read.", e);
        }
    }
}
