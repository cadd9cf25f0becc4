using Registry.Content.Records;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Uploads;

/// <summary>
/// Upload sessions. A session's state is its record, so that any node may serve any request of it; what this node remembers besides only saves work.
/// </summary>
internal sealed class UploadSessions(
    IObjectStore store, RecordStore records, SessionRecords sessions, SessionAppender appends, SessionCommitter commits, LocalUploads local, Ulid ids, TimeProvider time)
{
    /// <summary>Starts a session and returns its id.</summary>
    public async ValueTask<string> StartAsync(RepositoryName repository, DigestAlgorithm algorithm, CancellationToken cancellationToken)
    {
        string id = ids.Next();
        string key = ContentKeys.Data(Guards.Holds(Guard.DataKeyOnce) ? id : id[..10]);
        UploadToken token = await store.BeginUploadAsync(key, cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = time.GetUtcNow();
        var record = new UploadRecord
        {
            State = UploadState.Open,
            Repository = repository.Value,
            Token = token.Value,
            Algorithm = algorithm.Name,
            Started = now,
            Touched = now,
        };
        PutOutcome<UploadRecord> outcome = await records.PutAsync(ContentKeys.Upload(id), record, over: null, cancellationToken).ConfigureAwait(false);

        // A store that was long in answering, so that a sweeper took the session before anybody knew of it. The next request gets another.
        return outcome.Won ? id : throw new StoreUnavailableException($"The upload session '{id}' was taken away before it could be used.");
    }

    /// <summary>How many bytes a session has.</summary>
    public async ValueTask<UploadResult> StatusAsync(RepositoryName repository, string id, CancellationToken cancellationToken) =>
        await sessions.ReadAsync(repository, id, cancellationToken).ConfigureAwait(false) is { Record: var record }
            ? UploadResult.Accepted(record.Offset)
            : UploadResult.Unknown;

    /// <summary>Appends a chunk, or a stream without an announced place.</summary>
    /// <exception cref="RegistryException">The body is not as long as its range says, or larger than allowed.</exception>
    public async ValueTask<UploadResult> AppendAsync(RepositoryName repository, string id, UploadBody body, ChunkRange? range, CancellationToken cancellationToken)
    {
        using LocalUploads.Turn turn = await local.EnterAsync(id, cancellationToken).ConfigureAwait(false);
        Versioned<UploadRecord>? session = await sessions.ReadAsync(repository, id, cancellationToken).ConfigureAwait(false);
        if (session is null)
        {
            return UploadResult.Unknown;
        }

        (UploadResult result, Appended? appended) = await appends.AppendAsync(turn, id, session, SessionRecords.AlgorithmOf(session), body, range, isLimited: true, cancellationToken).ConfigureAwait(false);
        if (appended is null)
        {
            return result;
        }

        await using (appended.ConfigureAwait(false))
        {
            // What arrived is kept, also when the client is gone by now: it can ask how far it came and go on from there.
            if (appended.Bytes > 0)
            {
                result = await appends.SaveAsync(turn, id, session, appended).ConfigureAwait(false);
            }

            appended.Fault?.Throw();
            return result;
        }
    }

    /// <summary>Appends the last bytes, if there are any, and makes the session's bytes a blob.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="id">The session.</param>
    /// <param name="digests">What the client says the blob's digest is; all must hold, and the first is what it is stored under.</param>
    /// <param name="body">The last bytes, if the request has a body.</param>
    /// <param name="range">Where they say that they belong.</param>
    /// <param name="cancellationToken">Ends the request up to the point where committing begins.</param>
    /// <exception cref="RegistryException">The content does not have the digest, or the body not the length, that was said.</exception>
    public ValueTask<UploadResult> FinishAsync(
        RepositoryName repository, string id, IReadOnlyList<Digest> digests, UploadBody? body, ChunkRange? range, CancellationToken cancellationToken) =>
        FinishAsync(repository, id, digests, body, range, isCounted: false, cancellationToken);

    /// <summary>Stores a blob anew whose bytes were lost, and which quotas count all the same. However large it is: it was there, and the limit may have been set since.</summary>
    /// <inheritdoc cref="FinishAsync(RepositoryName, string, IReadOnlyList{Digest}, UploadBody?, ChunkRange?, CancellationToken)"/>
    public ValueTask<UploadResult> RestoreAsync(RepositoryName repository, string id, Digest digest, UploadBody body, CancellationToken cancellationToken) =>
        FinishAsync(repository, id, [digest], body, range: null, isCounted: true, cancellationToken);

    private async ValueTask<UploadResult> FinishAsync(
        RepositoryName repository, string id, IReadOnlyList<Digest> digests, UploadBody? body, ChunkRange? range, bool isCounted, CancellationToken cancellationToken)
    {
        using LocalUploads.Turn turn = await local.EnterAsync(id, cancellationToken).ConfigureAwait(false);
        Versioned<UploadRecord>? session = await sessions.ReadAsync(repository, id, cancellationToken).ConfigureAwait(false);
        if (session is null)
        {
            return UploadResult.Unknown;
        }

        if (body is not { } last)
        {
            if (range is { } place && (place.Start != session.Record.Offset || place.Length != 0))
            {
                return UploadResult.OutOfOrder(session.Record.Offset);
            }

            return await commits.CommitAsync(turn, id, session, appended: null, SessionRecords.KnownDigest(session), digests, isCounted).ConfigureAwait(false);
        }

        // With nothing hashed yet, the algorithm that the client asks for is the one to hash with.
        DigestAlgorithm algorithm = session.Record.Offset == 0 ? digests[0].Algorithm! : SessionRecords.AlgorithmOf(session);
        (UploadResult result, Appended? appended) = await appends.AppendAsync(turn, id, session, algorithm, last, range, isLimited: !isCounted, cancellationToken).ConfigureAwait(false);
        if (appended is null)
        {
            return result;
        }

        await using (appended.ConfigureAwait(false))
        {
            if (appended.Fault is { } fault)
            {
                if (appended.Bytes > 0 && appended.Hash?.Algorithm == SessionRecords.AlgorithmOf(session))
                {
                    await appends.SaveAsync(turn, id, session, appended).ConfigureAwait(false);
                }

                fault.Throw();
            }

            Digest? computed = appended.Bytes == 0 && session.Record.Offset > 0 ? SessionRecords.KnownDigest(session) : appended.Hash?.Digest();
            return await commits.CommitAsync(turn, id, session, appended, computed, digests, isCounted).ConfigureAwait(false);
        }
    }

    /// <summary>Ends a session and drops its bytes.</summary>
    /// <returns>Whether there was one.</returns>
    public async ValueTask<bool> CancelAsync(RepositoryName repository, string id, CancellationToken cancellationToken)
    {
        using LocalUploads.Turn turn = await local.EnterAsync(id, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            if (await sessions.ReadAsync(repository, id, cancellationToken).ConfigureAwait(false) is not { } session)
            {
                return false;
            }

            if (await sessions.DropAsync(turn, id, session, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }

            // Another node saved a chunk at the same moment.
            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }
}
