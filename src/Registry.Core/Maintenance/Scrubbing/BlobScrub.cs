using System.Text.Json;
using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Reads every blob. What is broken goes into quarantine, and comes back from a source that has it.</summary>
internal sealed class BlobScrub(ContentRoot root, IScrubSource? source)
{
    // A record that changes as often as this while its bytes are read is looked at in the next scrub.
    private const int Attempts = 5;

    private readonly DataCheck _data = new(root.Store);
    private readonly Quarantine _quarantine = new(root);

    public async ValueTask RunAsync(ScrubRun run)
    {
        await foreach (string key in root.Store.ListAllAsync(ContentKeys.BlobsPrefix, run.After, run.Token).ConfigureAwait(false))
        {
            if (ContentKeys.TryParseBlob(key, out Digest digest))
            {
                await run.TryAsync(key, () => CheckAsync(run, key, digest)).ConfigureAwait(false);
            }
            else
            {
                run.Add(new ScrubFinding(ScrubFindingKind.UnknownObject, ScrubAction.Reported, key, "This is no key of a blob."));
            }

            await run.PassAsync(key).ConfigureAwait(false);
        }
    }

    private async ValueTask CheckAsync(ScrubRun run, string key, Digest digest)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            SmallObject? stored;
            try
            {
                stored = await root.Store.GetAsync(key, run.Token).ConfigureAwait(false);
            }
            catch (ObjectTooLargeException)
            {
                await HandleBrokenRecordAsync(run, key, digest, stored: null, " It is too large to be kept: remove the object and push the blob again.").ConfigureAwait(false);
                return;
            }
            catch (IOException e)
            {
                // Nothing is gained by taking it away: it may be read again after a repair of the disk.
                await run.ThrowIfAwayAsync(e).ConfigureAwait(false);
                await HandleBrokenRecordAsync(run, key, digest, stored: null, $" The store cannot read it: {e.Message}").ConfigureAwait(false);
                return;
            }

            if (stored is null)
            {
                return;
            }

            if (Read(stored) is not { } found)
            {
                await HandleBrokenRecordAsync(run, key, digest, stored, "").ConfigureAwait(false);
                return;
            }

            if (found.Record.State == BlobState.Gone)
            {
                return;
            }

            (ScrubFindingKind? wrong, bool repeated) = await _data.CheckAsync(run, digest, found.Record.Data, found.Record.Size).ConfigureAwait(false);
            if (wrong is null)
            {
                run.Count(static report => report with { Blobs = report.Blobs + 1 });
                if (repeated)
                {
                    run.Add(new ScrubFinding(ScrubFindingKind.ReadFault, ScrubAction.Reported, found.Record.Data, "A first look found the bytes missing or wrong, or could not read them; a second found them right.") { Digest = digest.Value });
                }

                return;
            }

            // It may have been collected, or stored anew, while its old bytes were read.
            Versioned<BlobRecord>? now = await root.Records.ReadAsync<BlobRecord>(key, run.Token).ConfigureAwait(false);
            if (now is { Record.State: not BlobState.Gone }
                && (now.Record.Nonce == found.Record.Nonce || !Guards.Holds(Guard.ScrubSecondLook))
                && await HandleAsync(run, digest, now, wrong.Value).ConfigureAwait(false))
            {
                run.Count(static report => report with { Blobs = report.Blobs + 1 });
                return;
            }
        }
    }

    /// <returns>Whether the blob's record was still the same.</returns>
    private async ValueTask<bool> HandleAsync(ScrubRun run, Digest digest, Versioned<BlobRecord> found, ScrubFindingKind wrong)
    {
        BlobUsers users = await BlobUsers.FindAsync(root, digest, run.Token).ConfigureAwait(false);
        var finding = new ScrubFinding(wrong, ScrubAction.Reported, found.Record.Data, Describe(wrong)) { Digest = digest.Value, Manifests = users.Manifests };
        var mender = new BlobMender(root, source, run.Pace);

        // Bytes that cannot be read now may be read again after a repair of the disk: without a copy to put in their place, nothing is gained by taking them away.
        if (!run.Mends || (wrong == ScrubFindingKind.BlobUnreadable && !await mender.CanAsync(digest, users.Holders, run.Token).ConfigureAwait(false)))
        {
            run.Add(finding);
            return true;
        }

        if (!await _quarantine.TakeBlobAsync(digest, found, wrong, run.Token).ConfigureAwait(false))
        {
            return false;
        }

        // First out of service, then stored anew as by a push: so no rule about records needs an exception, and what is wrong is not served meanwhile.
        if (await mender.TryAsync(digest, users.Holders, run.Token).ConfigureAwait(false))
        {
            await _quarantine.RemoveAsync(found.Record.Data, run.Token).ConfigureAwait(false);
            run.Add(finding with { Action = ScrubAction.Mended, Manifests = [] });
        }
        else
        {
            run.Add(finding with { Action = ScrubAction.Quarantined });
        }

        return true;
    }

    private async ValueTask HandleBrokenRecordAsync(ScrubRun run, string key, Digest digest, SmallObject? stored, string more)
    {
        BlobUsers users = await BlobUsers.FindAsync(root, digest, run.Token).ConfigureAwait(false);
        var finding = new ScrubFinding(ScrubFindingKind.RecordCorrupt, ScrubAction.Reported, key, $"The blob's record is none, so that its bytes cannot be found.{more}") { Digest = digest.Value, Manifests = users.Manifests };
        if (run.Mends && stored is not null && await _quarantine.TakeRecordAsync(digest, stored, run.Token).ConfigureAwait(false))
        {
            bool mended = await new BlobMender(root, source, run.Pace).TryAsync(digest, users.Holders, run.Token).ConfigureAwait(false);
            finding = finding with { Action = mended ? ScrubAction.Mended : ScrubAction.Quarantined, Manifests = mended ? [] : users.Manifests };
        }

        run.Add(finding);
    }

    private static Versioned<BlobRecord>? Read(SmallObject stored)
    {
        try
        {
            return new Versioned<BlobRecord>(BlobRecord.Decode(stored.Content), stored.ETag, stored.LastModified);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Describe(ScrubFindingKind wrong) => wrong switch
    {
        ScrubFindingKind.BlobMissing => "The blob's bytes are not there.",
        ScrubFindingKind.BlobUnreadable => "The blob's bytes cannot be read to their end.",
        _ => "The blob's bytes do not have its digest or its length.",
    };
}
