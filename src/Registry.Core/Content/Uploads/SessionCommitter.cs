using Registry.Content.Catalog;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Uploads;

/// <summary>Makes a session's bytes a blob of its repository.</summary>
internal sealed class SessionCommitter(
    IObjectStore store,
    RecordStore records,
    SessionRecords sessions,
    RefStore refs,
    RepositoryCatalog catalog,
    BlobCommitter committer,
    QuotaBook quotas,
    Ulid ids,
    TimeProvider time)
{
    /// <summary>Commits a session.</summary>
    /// <param name="turn">This node's turn at the session.</param>
    /// <param name="id">The session.</param>
    /// <param name="session">Its record.</param>
    /// <param name="appended">The last bytes, not yet saved, if there are any.</param>
    /// <param name="computed">The digest of all bytes, where it is known.</param>
    /// <param name="digests">What the client says it is.</param>
    /// <param name="isCounted">Whether quotas count it already: what is stored anew in place of bytes that were lost takes no more room.</param>
    /// <exception cref="RegistryException">The content does not have the digest that was said, or a quota is too small for it.</exception>
    public async ValueTask<UploadResult> CommitAsync(
        LocalUploads.Turn turn, string id, Versioned<UploadRecord> session, Appended? appended, Digest? computed, IReadOnlyList<Digest> digests, bool isCounted = false)
    {
        // From here on the client's leaving changes nothing: the work is short, bounded by the store, and a retry finds it done.
        CancellationToken cancellationToken = CancellationToken.None;
        if (computed is { } content && digests.FirstOrDefault(digest => digest.Algorithm == content.Algorithm && digest != content) is { IsDefault: false } wrong)
        {
            if (appended is not null)
            {
                await appended.DisposeAsync().ConfigureAwait(false); // A store may not let go of an upload that an appender is open of.
            }

            await sessions.DropAsync(turn, id, session, cancellationToken).ConfigureAwait(false);
            throw Mismatch(wrong, content);
        }

        long size = session.Record.Offset + (appended?.Bytes ?? 0);
        if (isCounted || !Guards.Holds(Guard.QuotaFirst))
        {
            return await CommitAsync(turn, id, session, appended, computed, digests, size, cancellationToken).ConfigureAwait(false);
        }

        QuotaClaim? quota = await quotas.ReserveAsync(RepositoryName.Parse(session.Record.Repository), [QuotaItem.Blob(digests[0], size)], cancellationToken).ConfigureAwait(false);
        if (quota is null)
        {
            return await CommitAsync(turn, id, session, appended, computed, digests, size, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            UploadResult result = await CommitAsync(turn, id, session, appended, computed, digests, size, cancellationToken).ConfigureAwait(false);
            await quota.EndAsync(result.Outcome == UploadOutcome.Accepted, cancellationToken).ConfigureAwait(false);
            return result;
        }
        catch (RegistryException)
        {
            await quota.EndAsync(settled: false, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<UploadResult> CommitAsync(
        LocalUploads.Turn turn,
        string id,
        Versioned<UploadRecord> session,
        Appended? appended,
        Digest? computed,
        IReadOnlyList<Digest> digests,
        long size,
        CancellationToken cancellationToken)
    {
        // The claim keeps any other node away from the bytes. The blob's record is read before it, so that a sweeper that takes the claim away, and then writes
        // over the record, is noticed when the record is put.
        var repository = RepositoryName.Parse(session.Record.Repository);
        Digest digest = digests[0];
        Versioned<BlobRecord>? blob = await committer.ReadAsync(digest, cancellationToken).ConfigureAwait(false);
        PutOutcome<UploadRecord> claimed = Guards.Holds(Guard.SessionClaim)
            ? await records.PutAsync(
                ContentKeys.Upload(id), session.Record with { State = UploadState.Committing, Digest = digest.Value, Touched = time.GetUtcNow() }, session, cancellationToken).ConfigureAwait(false)
            : new PutOutcome<UploadRecord>(true, session);
        if (!claimed.Won)
        {
            return claimed.Current is { Record: { State: UploadState.Open } other } ? UploadResult.OutOfOrder(other.Offset) : UploadResult.Unknown;
        }

        if (!Guards.Holds(Guard.ReadBeforeClaim))
        {
            blob = await committer.ReadAsync(digest, cancellationToken).ConfigureAwait(false);
        }

        var claim = new UploadClaim(records, id, claimed.Current!, time);
        bool verified = digests.All(given => given.Algorithm == computed?.Algorithm);
        string? dataKey;
        try
        {
            Task<string?> completing = appended is null
                ? store.CompleteUploadAsync(new UploadToken(session.Record.Token), cancellationToken).AsTask()
                : appended.Appender.CompleteAsync(cancellationToken).AsTask();
            Task adding = catalog.AddAsync(repository, cancellationToken).AsTask();
            Task leasing = verified && Guards.Holds(Guard.LeaseBeforeBlob) ? LeaseAsync(repository, digest, cancellationToken) : Task.CompletedTask;
            await Task.WhenAll(completing, adding, leasing).ConfigureAwait(false);
            dataKey = await completing.ConfigureAwait(false);
        }
        catch (UploadBusyException)
        {
            // Another node still has an appender open, for a request whose client has gone without that node noticing, say.
            bool released = await claim.ReleaseAsync(cancellationToken).ConfigureAwait(false);
            return released ? UploadResult.OutOfOrder(session.Record.Offset) : UploadResult.Unknown;
        }

        turn.Keep(null, 0);
        if (dataKey is null)
        {
            return UploadResult.Unknown;
        }

        if (!verified)
        {
            await VerifyAsync(id, dataKey, computed?.Algorithm, digests, cancellationToken).ConfigureAwait(false);
        }

        if (!verified && Guards.Holds(Guard.LeaseBeforeBlob))
        {
            await LeaseAsync(repository, digest, cancellationToken).ConfigureAwait(false);
        }

        if (!await committer.CommitAsync(digest, dataKey, size, blob, claim, cancellationToken).ConfigureAwait(false))
        {
            return UploadResult.Unknown;
        }

        if (!Guards.Holds(Guard.LeaseBeforeBlob))
        {
            await LeaseAsync(repository, digest, cancellationToken).ConfigureAwait(false);
        }

        await store.DeleteAsync(ContentKeys.Upload(id), cancellationToken).ConfigureAwait(false);
        return UploadResult.Committed(digest, size);
    }

    // Only after the bytes have been verified: a lease makes the blob visible in the repository, and it may be there already as another repository's. The
    // lease's id is made now, since it tells how long the blob is kept before a manifest names it; the upload itself may have taken longer than that.
    private Task LeaseAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        refs.LeaseAsync(repository, digest, ids.Next(), cancellationToken).AsTask();

    private async ValueTask VerifyAsync(string id, string dataKey, DigestAlgorithm? verified, IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        foreach (IGrouping<DigestAlgorithm, Digest> unverified in digests.Where(given => given.Algorithm != verified).GroupBy(static given => given.Algorithm!))
        {
            Digest found = await DataHasher.HashAsync(store, dataKey, unverified.Key, cancellationToken).ConfigureAwait(false);
            if (unverified.FirstOrDefault(given => given != found) is { IsDefault: false } wrong)
            {
                await store.DeleteAsync(dataKey, cancellationToken).ConfigureAwait(false);
                await store.DeleteAsync(ContentKeys.Upload(id), cancellationToken).ConfigureAwait(false);
                throw Mismatch(wrong, found);
            }
        }
    }

    private static RegistryException Mismatch(Digest said, Digest found) =>
        new(RegistryErrorCode.DigestInvalid, $"The content's digest is {found}, not {said}. The upload was dropped.", said.Value);
}
