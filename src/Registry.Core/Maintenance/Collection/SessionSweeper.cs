using Registry.Content;
using Registry.Content.Records;
using Registry.Content.Uploads;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Collection;

/// <summary>Drops uploads that nobody goes on with: it claims the session first, takes away what a stalled committer has left to do, and only then removes the bytes.</summary>
internal sealed class SessionSweeper(CollectionRun run)
{
    /// <summary>Looks at every session, then at what the store keeps of uploads that have none.</summary>
    /// <param name="position">Where an earlier run stopped: a key.</param>
    /// <param name="progress">Told how far this one is; says whether to go on.</param>
    /// <param name="cancellationToken">Ends the sweep.</param>
    /// <returns>Whether it came to the end.</returns>
    public async ValueTask<bool> RunAsync(string position, Func<string, ValueTask<bool>> progress, CancellationToken cancellationToken)
    {
        string? last = position.Length == 0 ? null : position;
        KeyPage page;
        do
        {
            page = await run.ListAsync(ContentKeys.UploadsPrefix, last, cancellationToken).ConfigureAwait(false);
            await run.PaceAsync(page.Keys.Count, cancellationToken).ConfigureAwait(false);
            await run.ForEachAsync(page.Keys, async (key, token) => await ExamineAsync(key[ContentKeys.UploadsPrefix.Length..], token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            if (page.Keys.Count > 0)
            {
                last = page.Keys[^1];
                if (!await progress(last).ConfigureAwait(false))
                {
                    return false;
                }
            }
        }
        while (page.HasMore);

        await SweepStoreAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Looks at a session and drops it if nobody has gone on with it for long enough.</summary>
    /// <returns>Whether it is gone.</returns>
    public async ValueTask<bool> ExamineAsync(string id, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Upload(id);
        if (await run.Root.Records.ReadAsync<UploadRecord>(key, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return true;
        }

        // One that is being dropped already was left in the middle, or is somebody's work of this moment.
        TimeSpan lifetime = found.Record.State == UploadState.Expired ? run.Options.LeaseDuration : run.Options.UploadLifetime;
        if (run.AgeOf(found.LastModified) < lifetime)
        {
            return false;
        }

        Digest? becoming = found.Record.Digest switch
        {
            null => null,
            { } text when Digest.TryParse(text, out Digest digest) => digest,
            { } text => throw new InvalidDataException($"An upload's record says that it is becoming '{text}', which is no digest: which blob has its bytes, nothing tells."),
        };
        if (run.DryRun)
        {
            await CountAsync(id, found.Record, found.Record.Offset, cancellationToken).ConfigureAwait(false);
            return true;
        }

        PutOutcome<UploadRecord> claim = Guards.Holds(Guard.SweeperClaim)
            ? await run.Root.Records.PutAsync(key, found.Record with { State = UploadState.Expired, Touched = run.Clock.Now }, found, cancellationToken).ConfigureAwait(false)
            : new PutOutcome<UploadRecord>(true, found);
        return claim.Won && await DropAsync(id, claim.Current!.Record, becoming, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> DropAsync(string id, UploadRecord session, Digest? becoming, CancellationToken cancellationToken)
    {
        await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);

        // Somebody was making the bytes a blob, and may be at it still.
        bool committed = becoming is { } digest && Guards.Holds(Guard.SweeperBurns) && await run.Root.Committer.BurnAsync(digest, id, cancellationToken).ConfigureAwait(false);
        if (!await AbortAsync(new UploadToken(session.Token), cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (!committed)
        {
            await foreach (string data in run.Root.Store.ListAllAsync(ContentKeys.Data(id), cancellationToken).ConfigureAwait(false))
            {
                committed = becoming is null && Guards.Holds(Guard.SweeperLooks) && await IsBlobAsync(data, cancellationToken).ConfigureAwait(false);
                if (!committed)
                {
                    await run.Root.Store.DeleteAsync(data, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        // Last: it is what the rest is found by. Its key is never used again.
        await run.Root.Store.DeleteAsync(ContentKeys.Upload(id), cancellationToken).ConfigureAwait(false);
        await CountAsync(id, session, committed ? 0 : session.Offset, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private ValueTask CountAsync(string id, UploadRecord? session, long bytes, CancellationToken cancellationToken)
    {
        run.Count(new CollectionCounts { UploadsDropped = 1, BytesFreed = bytes });
        return run.TellAsync(CollectionItemKind.Upload, CollectionStep.Removed, session is { } of && RepositoryName.TryParse(of.Repository, out RepositoryName name) ? name : null, id, bytes, cancellationToken);
    }

    // A session that nobody was making a blob of has no complete bytes, unless the request that began it reached the store once more after it had become a blob and ended. Which blob that is, only the bytes tell.
    private async ValueTask<bool> IsBlobAsync(string data, CancellationToken cancellationToken)
    {
        foreach (DigestAlgorithm algorithm in (DigestAlgorithm[])[DigestAlgorithm.Sha256, DigestAlgorithm.Sha512])
        {
            Digest digest = await DataHasher.HashAsync(run.Root.Store, data, algorithm, cancellationToken).ConfigureAwait(false);
            if (await run.Root.Committer.ReadAsync(digest, cancellationToken).ConfigureAwait(false) is { } blob && blob.Record.Data == data)
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask<bool> AbortAsync(UploadToken token, CancellationToken cancellationToken)
    {
        try
        {
            await run.Root.Store.AbortUploadAsync(token, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (UploadBusyException)
        {
            return false; // A later sweep takes it.
        }
        catch (ArgumentException)
        {
            return true; // A token of another store: the records were copied without what they tell of.
        }
    }

    // What was begun at the store and never got a session, or lost it.
    private async ValueTask SweepStoreAsync(CancellationToken cancellationToken)
    {
        if (run.Root.Store is not IUnfinishedUploads uploads)
        {
            return;
        }

        string? continuation = null;
        do
        {
            await run.PaceAsync(1, cancellationToken).ConfigureAwait(false);
            UnfinishedPage page = await uploads.ListUnfinishedAsync(ContentKeys.DataPrefix, continuation, ObjectStoreLimits.MaxPageKeys, cancellationToken).ConfigureAwait(false);
            await run.ForEachAsync(page.Uploads, SweepStoreAsync, cancellationToken).ConfigureAwait(false);
            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    private async ValueTask SweepStoreAsync(UnfinishedUpload upload, CancellationToken cancellationToken)
    {
        string id = upload.Key[(upload.Key.LastIndexOf('/') + 1)..];
        if (!Ulid.TryGetTime(id, out DateTimeOffset begun) || run.AgeOf(begun) < run.Options.UploadLifetime)
        {
            return;
        }

        await run.PaceAsync(1, cancellationToken).ConfigureAwait(false);
        if (await run.Root.Store.GetAsync(ContentKeys.Upload(id), cancellationToken).ConfigureAwait(false) is not null)
        {
            return; // The session's own sweep decides.
        }

        if (run.DryRun || await AbortAsync(upload.Token, cancellationToken).ConfigureAwait(false))
        {
            await CountAsync(id, session: null, bytes: 0, cancellationToken).ConfigureAwait(false);
        }
    }
}
