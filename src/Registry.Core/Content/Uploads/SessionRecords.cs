using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Uploads;

/// <summary>The records of upload sessions: finding an open one, and ending one without a blob.</summary>
internal sealed class SessionRecords(IObjectStore store, RecordStore records, TimeProvider time)
{
    /// <summary>A repository's open session, or <see langword="null"/> where there is none.</summary>
    public async ValueTask<Versioned<UploadRecord>?> ReadAsync(RepositoryName repository, string id, CancellationToken cancellationToken)
    {
        if (!Ulid.IsValid(id))
        {
            return null;
        }

        Versioned<UploadRecord>? found = await records.ReadAsync<UploadRecord>(ContentKeys.Upload(id), cancellationToken).ConfigureAwait(false);
        return found is { Record.State: UploadState.Open } && found.Record.Repository == repository.Value ? found : null;
    }

    /// <summary>Claims a session as ended and drops its bytes.</summary>
    /// <returns>Whether it was still as it was read.</returns>
    public async ValueTask<bool> DropAsync(LocalUploads.Turn turn, string id, Versioned<UploadRecord> session, CancellationToken cancellationToken)
    {
        PutOutcome<UploadRecord> claim = await records.PutAsync(
            ContentKeys.Upload(id), session.Record with { State = UploadState.Expired, Touched = time.GetUtcNow() }, session, cancellationToken).ConfigureAwait(false);
        if (!claim.Won)
        {
            return false;
        }

        turn.Keep(null, 0);
        try
        {
            await store.AbortUploadAsync(new UploadToken(session.Record.Token), cancellationToken).ConfigureAwait(false);
        }
        catch (UploadBusyException)
        {
            return true; // Another node still has an appender open. The session is over all the same; its bytes and its record are left to the sweeper.
        }

        await store.DeleteAsync(ContentKeys.Upload(id), cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>What a session's bytes are hashed with.</summary>
    public static DigestAlgorithm AlgorithmOf(Versioned<UploadRecord> session) =>
        DigestAlgorithm.Find(session.Record.Algorithm) ?? throw new InvalidDataException($"An upload session has the unknown algorithm '{session.Record.Algorithm}'.");

    /// <summary>The digest of a session's bytes, where it is known.</summary>
    public static Digest? KnownDigest(Versioned<UploadRecord> session)
    {
        if (session.Record.Offset == 0)
        {
            return AlgorithmOf(session).Compute([]);
        }

        return Digest.TryParse(session.Record.PrefixDigest, out Digest digest) ? digest : null;
    }
}
