using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Looks at upload sessions that nobody touched for the grace period, and ends those whose bytes the store does not have any more: their clients can only start anew.</summary>
internal sealed class UploadScrub(ContentRoot root)
{
    public async ValueTask RunAsync(ScrubRun run)
    {
        await foreach (string key in root.Store.ListAllAsync(ContentKeys.UploadsPrefix, run.After, run.Token).ConfigureAwait(false))
        {
            await run.TryAsync(key, () => CheckAsync(run, key)).ConfigureAwait(false);
            await run.PassAsync(key).ConfigureAwait(false);
        }
    }

    private async ValueTask CheckAsync(ScrubRun run, string key)
    {
        if (!Ulid.IsValid(key.AsSpan(ContentKeys.UploadsPrefix.Length)))
        {
            run.Add(new ScrubFinding(ScrubFindingKind.UnknownObject, ScrubAction.Reported, key, "This is no key of an upload session."));
            return;
        }

        run.Count(static report => report with { Uploads = report.Uploads + 1 });
        Versioned<UploadRecord>? found;
        try
        {
            found = await root.Records.ReadAsync<UploadRecord>(key, run.Token).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            run.Add(new ScrubFinding(ScrubFindingKind.RecordCorrupt, ScrubAction.Reported, key, "The session's record is none. Remove the object."));
            return;
        }

        // One that is being committed or was ended is left to whoever sweeps dead sessions: he has to see to the blob that it was to become.
        if (found is not { Record.State: UploadState.Open } || root.Time.GetUtcNow() - found.Record.Touched < root.Options.GracePeriod || await HasBytesAsync(found.Record, run.Token).ConfigureAwait(false))
        {
            return;
        }

        if (run.Mends && !await EndAsync(key, found, run.Token).ConfigureAwait(false))
        {
            return;
        }

        run.Add(new ScrubFinding(ScrubFindingKind.UploadHalf, run.Mends ? ScrubAction.Dropped : ScrubAction.Reported, key, "The store has nothing of its bytes.") { Repository = found.Record.Repository });
    }

    private async ValueTask<bool> HasBytesAsync(UploadRecord record, CancellationToken cancellationToken)
    {
        try
        {
            // To open an upload changes nothing of it.
            if (await root.Store.OpenAppendAsync(new UploadToken(record.Token), cancellationToken).ConfigureAwait(false) is not { } appender)
            {
                return false;
            }

            await appender.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        catch (UploadBusyException)
        {
            return true;
        }
        catch (ArgumentException)
        {
            return false; // A token of another store: the records were copied without what they tell of.
        }
    }

    // Claimed as ended by conditional put, so that nobody can begin to commit it; then nobody else has a use for the record.
    private async ValueTask<bool> EndAsync(string key, Versioned<UploadRecord> found, CancellationToken cancellationToken)
    {
        PutOutcome<UploadRecord> claim = await root.Records.PutAsync(key, found.Record with { State = UploadState.Expired, Touched = root.Time.GetUtcNow() }, found, cancellationToken).ConfigureAwait(false);
        if (claim.Won)
        {
            await root.Store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }

        return claim.Won;
    }
}
