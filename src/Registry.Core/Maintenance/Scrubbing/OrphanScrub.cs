using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Finds bytes that nothing names, and removes them when a second scrub finds the same.</summary>
/// <remarks>
/// <para>Nothing leads from bytes to the record that names them, so all records are read, and what they name is remembered in a <see cref="KeyFilter"/>. That a record was not there when its place was passed says nothing
/// about later. So two scrubs are needed, and the reason why they can take no blob's bytes is this:</para>
/// <para>1. Bytes under <c>data/…/{id}</c> come from the session <c>uploads/{id}</c>, whose record is written before there can be an object under that key, and a session has its id to itself. A blob's record comes to name the
/// bytes through one act alone: the session's committer puts it, under a claim on the session, and deletes the session's record only after that. A sweeper that ends a session first takes the claim, writes over the
/// blob's record that it may have raced with, and then deletes the session's record: a committer that is late loses its put, and cannot renew its claim.</para>
/// <para>2. So from the moment in which the bytes are there and the session's record is not, no record can come to name them that does not name them already. Of the records that do, each may stop (stored anew, gone,
/// removed) and never starts again, since a data key is given to a record once.</para>
/// <para>3. A suspect is noted after its session was seen to be absent. The next scrub reads the notes first and then all records. A record that names the suspect when it is passed keeps it. If none does, none named it at
/// the moment of passing each, so by 2 none does now or ever will.</para>
/// <para>4. Bytes in quarantine are named by a record of the quarantine before the blob's record stops naming them. It is looked for after the records were read, so it is seen.</para>
/// <para>A record that cannot be read could name anything, and so could one that was replaced because it could not be read, whose copy is in quarantine: while there is either, nothing is removed. A filter that takes a key for
/// seen by mistake keeps bytes until the next scrub. Bytes younger than the grace period are left alone, but nothing rests on that.</para>
/// </remarks>
internal sealed class OrphanScrub(ContentRoot root)
{
    private const int MaxSuspects = 5000;

    public async ValueTask RunAsync(ScrubRun run)
    {
        // Before the records: see 3.
        bool isRead = false;
        Versioned<SuspectsRecord>? noted = null;
        await run.TryAsync(ScrubKeys.Suspects, async () => (noted, isRead) = (await ReadNotesAsync(run.Token).ConfigureAwait(false), true)).ConfigureAwait(false);
        if (!isRead || await ReadRecordsAsync(run).ConfigureAwait(false) is not { } named || await HasBrokenRecordsAsync(run.Token).ConfigureAwait(false))
        {
            return;
        }

        foreach (string key in noted?.Record.Data ?? [])
        {
            await run.TryAsync(key, () => ConfirmAsync(run, named, key)).ConfigureAwait(false);
        }

        List<string> suspects = await FindSuspectsAsync(run, named, noted?.Record.Data ?? []).ConfigureAwait(false);
        foreach (string key in Guards.Holds(Guard.ScrubOrphanTwice) ? [] : suspects)
        {
            await ConfirmAsync(run, named, key).ConfigureAwait(false);
        }

        if (run.Mends && (suspects.Count > 0 || noted is not null))
        {
            // Whoever wrote notes meanwhile has noted the same.
            await root.Records.PutAsync(ScrubKeys.Suspects, new SuspectsRecord { Data = suspects }, noted, run.Token).ConfigureAwait(false);
        }
    }

    private async ValueTask<Versioned<SuspectsRecord>?> ReadNotesAsync(CancellationToken cancellationToken) =>
        await root.Records.ReadOrRemoveAsync<SuspectsRecord>(ScrubKeys.Suspects, cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> HasBrokenRecordsAsync(CancellationToken cancellationToken) =>
        (await root.Store.ListAsync(ScrubKeys.QuarantinedRecordsPrefix + ContentKeys.BlobsPrefix, null, 1, cancellationToken).ConfigureAwait(false)).Keys.Count > 0;

    /// <returns>What all records name, or <see langword="null"/> where one cannot be read.</returns>
    private async ValueTask<KeyFilter?> ReadRecordsAsync(ScrubRun run)
    {
        var named = new KeyFilter();
        string? after = null;
        bool readable = true;
        KeyPage page;
        do
        {
            page = await root.Store.ListAsync(ContentKeys.BlobsPrefix, after, ObjectStoreLimits.MaxPageKeys, run.Token).ConfigureAwait(false);
            await StoreConcurrency.ForEachAsync(
                page.Keys,
                root.Options.StoreConcurrency,
                async (key, token) =>
                {
                    try
                    {
                        if (await root.Records.ReadAsync<BlobRecord>(key, token).ConfigureAwait(false) is { } found)
                        {
                            lock (named)
                            {
                                named.Add(found.Record.Data);
                            }
                        }
                    }
                    catch (Exception e) when (e is InvalidDataException or IOException)
                    {
                        await run.ThrowIfAwayAsync(e).ConfigureAwait(false);
                        Volatile.Write(ref readable, false);
                    }
                },
                run.Token).ConfigureAwait(false);
            await run.BeatAsync().ConfigureAwait(false);
            after = page.Keys.Count > 0 ? page.Keys[^1] : after;
        }
        while (page.HasMore && readable);

        return readable ? named : null;
    }

    private async ValueTask ConfirmAsync(ScrubRun run, KeyFilter named, string key)
    {
        if (named.MayContain(key) || await HasAnotherUseAsync(key, run.Token).ConfigureAwait(false) || !await IsThereAsync(key, run.Token).ConfigureAwait(false))
        {
            return;
        }

        if (run.Mends)
        {
            await root.Store.DeleteAsync(key, run.Token).ConfigureAwait(false);
        }

        run.Add(new ScrubFinding(ScrubFindingKind.DataOrphaned, run.Mends ? ScrubAction.Dropped : ScrubAction.Reported, key, "No record names these bytes, for the second time."));
    }

    private async ValueTask<List<string>> FindSuspectsAsync(ScrubRun run, KeyFilter named, IReadOnlyList<string> before)
    {
        HashSet<string> known = [.. before];
        var suspects = new List<string>();
        run.Count(static report => report with { DataObjects = 0 });
        DateTimeOffset young = root.Time.GetUtcNow() - root.Options.GracePeriod;
        await foreach (string key in root.Store.ListAllAsync(ContentKeys.DataPrefix, run.Token).ConfigureAwait(false))
        {
            await run.BeatAsync().ConfigureAwait(false);
            if (!ContentKeys.TryParseData(key, out string id) || !Ulid.TryGetTime(id, out DateTimeOffset made))
            {
                run.Add(new ScrubFinding(ScrubFindingKind.UnknownObject, ScrubAction.Reported, key, "This is no key of an upload's bytes."));
                continue;
            }

            if (made > young)
            {
                // The folders of keys are in the order of time: what follows is younger.
                break;
            }

            run.Count(static report => report with { DataObjects = report.DataObjects + 1 });
            if (suspects.Count >= MaxSuspects || named.MayContain(key))
            {
                continue;
            }

            await run.TryAsync(key, async () =>
            {
                if (await HasAnotherUseAsync(key, run.Token).ConfigureAwait(false))
                {
                    return;
                }

                suspects.Add(key);
                if (!known.Contains(key))
                {
                    run.Add(new ScrubFinding(ScrubFindingKind.DataOrphaned, ScrubAction.Reported, key, "No record names these bytes. They go when the next scrub finds the same."));
                }
            }).ConfigureAwait(false);
        }

        return suspects;
    }

    /// <summary>Whether an upload session or the quarantine has a use for some bytes.</summary>
    private async ValueTask<bool> HasAnotherUseAsync(string key, CancellationToken cancellationToken) =>
        !ContentKeys.TryParseData(key, out string id)
        || await root.Store.GetAsync(ContentKeys.Upload(id), cancellationToken).ConfigureAwait(false) is not null
        || await root.Store.GetAsync(ScrubKeys.Quarantined(key), cancellationToken).ConfigureAwait(false) is not null;

    private async ValueTask<bool> IsThereAsync(string key, CancellationToken cancellationToken)
    {
        if (await root.Store.OpenReadAsync(key, 0, 0, cancellationToken).ConfigureAwait(false) is not { } content)
        {
            return false;
        }

        await content.DisposeAsync().ConfigureAwait(false);
        return true;
    }
}
