using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Uploads;

/// <summary>
/// Makes finished bytes a blob. The blob's record is the one point where it comes into being, so that committing ten gigabytes costs one small conditional
/// put and there is no moment in which half a blob can be seen.
/// </summary>
internal sealed class BlobCommitter(IObjectStore store, RecordStore records)
{
    public ValueTask<Versioned<BlobRecord>?> ReadAsync(Digest digest, CancellationToken cancellationToken) =>
        records.ReadAsync<BlobRecord>(ContentKeys.Blob(digest), cancellationToken);

    /// <summary>Points the blob's record at the bytes, or drops them when the blob is there already.</summary>
    /// <param name="digest">The verified digest of the bytes. A ref that protects it has been written before.</param>
    /// <param name="dataKey">The key of the bytes.</param>
    /// <param name="size">Their length.</param>
    /// <param name="found">The blob's record as it was before the session was claimed.</param>
    /// <param name="claim">The claim on the session.</param>
    /// <param name="cancellationToken">Ends the commit.</param>
    /// <returns>Whether the blob is there; <see langword="false"/> when the claim, and with it the bytes, were taken away.</returns>
    public async ValueTask<bool> CommitAsync(
        Digest digest, string dataKey, long size, Versioned<BlobRecord>? found, UploadClaim claim, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Blob(digest);
        for (int attempt = 0; ; attempt++)
        {
            if (found?.Record.State == BlobState.Gone && found.Record.Data == dataKey && Guards.Holds(Guard.OwnBytesGone))
            {
                return false; // An earlier put of this upload made the blob. It was collected since, and whoever does so is about to remove the bytes.
            }

            if (found is { Record: { State: BlobState.Live } live })
            {
                if (attempt > 0 || !Guards.Holds(Guard.LookAfterLease))
                {
                    await DropAsync(dataKey, live, cancellationToken).ConfigureAwait(false);
                    return true;
                }

                // What was live before the ref was written may have been condemned by someone who did not see the ref.
                found = await ReadAsync(digest, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                BlobRecord wanted = found is { Record: { State: BlobState.Condemned } condemned }
                    ? condemned with { State = BlobState.Live, CondemnedAt = null }
                    : new BlobRecord { State = BlobState.Live, Data = dataKey, Size = size, Burnt = found?.Record.Burnt ?? false };
                if (found is { Record: { State: BlobState.Gone, Data.Length: > 0 } gone } && Guards.Holds(Guard.RemoveGoneBytes))
                {
                    // Whoever let the blob go may have stopped before its bytes went, and nothing will name them after this. No record ever points at them again.
                    await store.DeleteAsync(gone.Data, cancellationToken).ConfigureAwait(false);
                }

                PutOutcome<BlobRecord> outcome = await records.PutAsync(key, wanted, found, cancellationToken).ConfigureAwait(false);
                if (outcome.Won)
                {
                    await DropAsync(dataKey, wanted, cancellationToken).ConfigureAwait(false);
                    return true;
                }

                await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
                found = outcome.Current;
            }

            // What changed the record may have been a sweeper that took the session for dead. A put over what was read now needs a claim that is younger. And a put whose answer was
            // lost may have made the blob, which was collected since, with these bytes: they go before the record that names them does, so that a look tells.
            if (found is not { Record.State: BlobState.Live or BlobState.Condemned }
                && !(await MayPutAsync(claim, dataKey, cancellationToken).ConfigureAwait(false)))
            {
                return false;
            }
        }
    }

    private async ValueTask<bool> MayPutAsync(UploadClaim claim, string dataKey, CancellationToken cancellationToken) =>
        (!Guards.Holds(Guard.RenewClaim) || await claim.RenewAsync(cancellationToken).ConfigureAwait(false))
        && (!Guards.Holds(Guard.LookForBytes) || await AreThereAsync(dataKey, cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// Takes away from whoever held the claim on a session, which is expired by now, what is left to do: to put the blob's record over what was read before. The record is written anew, and never goes away again: a put
    /// where nothing was cannot tell whether nothing was there all the time.
    /// </summary>
    /// <param name="digest">The blob that the session was to become.</param>
    /// <param name="id">The session.</param>
    /// <param name="cancellationToken">Ends the work, which can be done again.</param>
    /// <returns>Whether the blob is the session's bytes: they were committed, and must stay.</returns>
    public async ValueTask<bool> BurnAsync(Digest digest, string id, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Blob(digest);
        string data = ContentKeys.Data(id);
        Versioned<BlobRecord>? found = await ReadAsync(digest, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            if (found is { Record: { State: not BlobState.Gone } there } && there.Data.StartsWith(data, StringComparison.Ordinal))
            {
                return true;
            }

            BlobRecord burnt = found?.Record is { } record ? record with { Burnt = true } : new BlobRecord { State = BlobState.Gone, Data = "", Size = 0, Burnt = true };
            PutOutcome<BlobRecord> outcome = await records.PutAsync(key, burnt, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                return false;
            }

            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }
    }

    private async ValueTask<bool> AreThereAsync(string dataKey, CancellationToken cancellationToken)
    {
        if (await store.OpenReadAsync(dataKey, 0, 0, cancellationToken).ConfigureAwait(false) is not { } content)
        {
            return false;
        }

        await content.DisposeAsync().ConfigureAwait(false);
        return true;
    }

    private async ValueTask DropAsync(string dataKey, BlobRecord record, CancellationToken cancellationToken)
    {
        if (record.Data != dataKey)
        {
            await store.DeleteAsync(dataKey, cancellationToken).ConfigureAwait(false);
        }
    }
}
