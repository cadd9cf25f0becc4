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
    /// <summary>Points the blob's record at the bytes, or drops them when the blob is there already.</summary>
    /// <param name="digest">The verified digest of the bytes. A ref that protects it has been written before.</param>
    /// <param name="dataKey">The key of the bytes.</param>
    /// <param name="size">Their length.</param>
    /// <param name="cancellationToken">Ends the commit.</param>
    public async ValueTask CommitAsync(Digest digest, string dataKey, long size, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Blob(digest);
        Versioned<BlobRecord>? found = await records.ReadAsync<BlobRecord>(key, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            BlobRecord wanted;
            switch (found?.Record.State)
            {
                case BlobState.Live:
                    await DropAsync(dataKey, found.Record, cancellationToken).ConfigureAwait(false);
                    return;
                case BlobState.Condemned:
                    wanted = found.Record with { State = BlobState.Live, CondemnedAt = null };
                    break;
                default:
                    wanted = new BlobRecord { State = BlobState.Live, Data = dataKey, Size = size };
                    break;
            }

            PutOutcome<BlobRecord> outcome = await records.PutAsync(key, wanted, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                await DropAsync(dataKey, wanted, cancellationToken).ConfigureAwait(false);
                return;
            }

            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }
    }

    private async ValueTask DropAsync(string dataKey, BlobRecord record, CancellationToken cancellationToken)
    {
        if (record.Data != dataKey)
        {
            await store.DeleteAsync(dataKey, cancellationToken).ConfigureAwait(false);
        }
    }
}
