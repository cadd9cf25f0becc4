using System.Runtime.ExceptionServices;
using Registry.Content.Catalog;
using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Uploads;

/// <summary>
/// Upload sessions. A session's state is its record, so that any node may serve any request of it; what this node remembers besides only saves work.
/// </summary>
internal sealed class UploadSessions(
    IObjectStore store,
    RecordStore records,
    RefStore refs,
    RepositoryCatalog catalog,
    BlobCommitter committer,
    LocalUploads local,
    Ulid ids,
    TimeProvider time,
    ContentOptions options)
{
    private long MaxBlobBytes => options.MaxBlobBytes ?? long.MaxValue;

    /// <summary>Starts a session and returns its id.</summary>
    public async ValueTask<string> StartAsync(RepositoryName repository, DigestAlgorithm algorithm, CancellationToken cancellationToken)
    {
        string id = ids.Next();
        UploadToken token = await store.BeginUploadAsync(ContentKeys.Data(id), cancellationToken).ConfigureAwait(false);
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
        return outcome.Won ? id : throw new InvalidOperationException($"The id '{id}' was used twice.");
    }

    /// <summary>How many bytes a session has.</summary>
    public async ValueTask<UploadResult> StatusAsync(RepositoryName repository, string id, CancellationToken cancellationToken) =>
        await ReadAsync(repository, id, cancellationToken).ConfigureAwait(false) is { Record: var record }
            ? UploadResult.Accepted(record.Offset)
            : UploadResult.Unknown;

    /// <summary>Appends a chunk, or a stream without an announced place.</summary>
    /// <exception cref="RegistryException">The body is not as long as its range says, or larger than allowed.</exception>
    public async ValueTask<UploadResult> AppendAsync(RepositoryName repository, string id, UploadBody body, ChunkRange? range, CancellationToken cancellationToken)
    {
        using LocalUploads.Turn turn = await local.EnterAsync(id, cancellationToken).ConfigureAwait(false);
        Versioned<UploadRecord>? session = await ReadAsync(repository, id, cancellationToken).ConfigureAwait(false);
        if (session is null)
        {
            return UploadResult.Unknown;
        }

        (UploadResult result, Appended? appended) = await AppendAsync(turn, id, session, AlgorithmOf(session), body, range, cancellationToken).ConfigureAwait(false);
        if (appended is null)
        {
            return result;
        }

        await using (appended.ConfigureAwait(false))
        {
            // What arrived is kept, also when the client is gone by now: it can ask how far it came and go on from there.
            if (appended.Bytes > 0)
            {
                result = await SaveAsync(turn, id, session, appended).ConfigureAwait(false);
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
    public async ValueTask<UploadResult> FinishAsync(
        RepositoryName repository, string id, IReadOnlyList<Digest> digests, UploadBody? body, ChunkRange? range, CancellationToken cancellationToken)
    {
        using LocalUploads.Turn turn = await local.EnterAsync(id, cancellationToken).ConfigureAwait(false);
        Versioned<UploadRecord>? session = await ReadAsync(repository, id, cancellationToken).ConfigureAwait(false);
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

            return await CommitAsync(turn, id, session, appended: null, KnownDigest(session), digests).ConfigureAwait(false);
        }

        // With nothing hashed yet, the algorithm that the client asks for is the one to hash with.
        DigestAlgorithm algorithm = session.Record.Offset == 0 ? digests[0].Algorithm! : AlgorithmOf(session);
        (UploadResult result, Appended? appended) = await AppendAsync(turn, id, session, algorithm, last, range, cancellationToken).ConfigureAwait(false);
        if (appended is null)
        {
            return result;
        }

        await using (appended.ConfigureAwait(false))
        {
            if (appended.Fault is { } fault)
            {
                if (appended.Bytes > 0 && appended.Hash?.Algorithm == AlgorithmOf(session))
                {
                    await SaveAsync(turn, id, session, appended).ConfigureAwait(false);
                }

                fault.Throw();
            }

            Digest? computed = appended.Bytes == 0 && session.Record.Offset > 0 ? KnownDigest(session) : appended.Hash?.Digest();
            return await CommitAsync(turn, id, session, appended, computed, digests).ConfigureAwait(false);
        }
    }

    /// <summary>Ends a session and drops its bytes.</summary>
    /// <returns>Whether there was one.</returns>
    public async ValueTask<bool> CancelAsync(RepositoryName repository, string id, CancellationToken cancellationToken)
    {
        using LocalUploads.Turn turn = await local.EnterAsync(id, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            if (await ReadAsync(repository, id, cancellationToken).ConfigureAwait(false) is not { } session)
            {
                return false;
            }

            if (await DropAsync(turn, id, session, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }

            // Another node saved a chunk at the same moment.
            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<(UploadResult Result, Appended? Appended)> AppendAsync(
        LocalUploads.Turn turn, string id, Versioned<UploadRecord> session, DigestAlgorithm algorithm, UploadBody body, ChunkRange? range, CancellationToken cancellationToken)
    {
        long offset = session.Record.Offset;
        if (range is { } place && place.Start != offset)
        {
            return (UploadResult.OutOfOrder(offset), null);
        }

        long allowed = MaxBlobBytes - offset;
        if (body.Length > allowed || range?.Length > allowed)
        {
            throw TooLarge();
        }

        ObjectAppender? appender;
        try
        {
            appender = await store.OpenAppendAsync(new UploadToken(session.Record.Token), cancellationToken).ConfigureAwait(false);
        }
        catch (UploadBusyException)
        {
            return (UploadResult.OutOfOrder(offset), null);
        }

        if (appender is null)
        {
            return (UploadResult.Unknown, null);
        }

        Appended? appended = null;
        try
        {
            // Another node may have gone on with the session before this one had the appender. The token is the newest only if the record is unchanged.
            Versioned<UploadRecord>? now = await records.ReadAsync<UploadRecord>(ContentKeys.Upload(id), cancellationToken).ConfigureAwait(false);
            if (now?.Record.Nonce != session.Record.Nonce)
            {
                return (now is { Record.State: UploadState.Open } ? UploadResult.OutOfOrder(now.Record.Offset) : UploadResult.Unknown, null);
            }

            PrefixHash? hash = turn.HashAt(offset, algorithm);
            appended = new Appended(appender, hash);
            PumpResult pumped = await BodyPump.CopyAsync(body, appender, hash?.Hash, Math.Min(allowed, range?.Length ?? long.MaxValue), cancellationToken).ConfigureAwait(false);
            appended.Bytes = pumped.Bytes;
            appended.Fault = pumped.Fault is { } fault ? ExceptionDispatchInfo.Capture(fault) : null;
            if (range is { } expected && pumped.Fault is null && (pumped.TooLong || pumped.Bytes != expected.Length))
            {
                throw new RegistryException(
                    RegistryErrorCode.SizeInvalid, $"The body does not have the {expected.Length} bytes that its Content-Range says. Nothing was stored of it.");
            }

            if (pumped.TooLong)
            {
                throw TooLarge();
            }

            Appended kept = appended;
            appended = null;
            appender = null;
            return (UploadResult.Accepted(offset + pumped.Bytes), kept);
        }
        finally
        {
            if (appended is not null)
            {
                await appended.DisposeAsync().ConfigureAwait(false);
            }
            else if (appender is not null)
            {
                await appender.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    // The appender is still open while the record is put, so that a store with one appender at a time lets nobody in between.
    private async ValueTask<UploadResult> SaveAsync(LocalUploads.Turn turn, string id, Versioned<UploadRecord> session, Appended appended)
    {
        UploadToken token;
        try
        {
            token = await appended.Appender.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException) when (appended.Fault is null)
        {
            // A session that was cancelled meanwhile has nothing to append to any more.
            if (await ReadAsync(RepositoryName.Parse(session.Record.Repository), id, CancellationToken.None).ConfigureAwait(false) is null)
            {
                return UploadResult.Unknown;
            }

            throw;
        }

        long offset = session.Record.Offset + appended.Bytes;
        PutOutcome<UploadRecord> outcome = await records.PutAsync(
            ContentKeys.Upload(id),
            session.Record with
            {
                Token = token.Value,
                Offset = offset,
                PrefixDigest = appended.Hash?.Digest().Value,
                Touched = time.GetUtcNow(),
            },
            session,
            CancellationToken.None).ConfigureAwait(false);
        if (!outcome.Won)
        {
            return outcome.Current is { Record: { State: UploadState.Open } other } ? UploadResult.OutOfOrder(other.Offset) : UploadResult.Unknown;
        }

        turn.Keep(appended.TakeHash(), offset);
        return UploadResult.Accepted(offset);
    }

    private async ValueTask<UploadResult> CommitAsync(
        LocalUploads.Turn turn, string id, Versioned<UploadRecord> session, Appended? appended, Digest? computed, IReadOnlyList<Digest> digests)
    {
        // From here on the client's leaving changes nothing: the work is short, bounded by the store, and a retry finds it done.
        CancellationToken cancellationToken = CancellationToken.None;
        if (computed is { } content && digests.FirstOrDefault(digest => digest.Algorithm == content.Algorithm && digest != content) is { IsDefault: false } wrong)
        {
            if (appended is not null)
            {
                await appended.DisposeAsync().ConfigureAwait(false); // A store may not let go of an upload that an appender is open of.
            }

            await DropAsync(turn, id, session, cancellationToken).ConfigureAwait(false);
            throw Mismatch(wrong, content);
        }

        // The claim keeps any other node away from the bytes. The blob's record is read before it, so that a sweeper that takes the claim away, and then writes
        // over the record, is noticed when the record is put.
        var repository = RepositoryName.Parse(session.Record.Repository);
        Digest digest = digests[0];
        Versioned<BlobRecord>? blob = await committer.ReadAsync(digest, cancellationToken).ConfigureAwait(false);
        PutOutcome<UploadRecord> claimed = await records.PutAsync(
            ContentKeys.Upload(id), session.Record with { State = UploadState.Committing, Digest = digest.Value, Touched = time.GetUtcNow() }, session, cancellationToken).ConfigureAwait(false);
        if (!claimed.Won)
        {
            return claimed.Current is { Record: { State: UploadState.Open } other } ? UploadResult.OutOfOrder(other.Offset) : UploadResult.Unknown;
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
            Task leasing = verified ? LeaseAsync(repository, digest, cancellationToken) : Task.CompletedTask;
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
            await LeaseAsync(repository, digest, cancellationToken).ConfigureAwait(false);
        }

        long size = session.Record.Offset + (appended?.Bytes ?? 0);
        if (!await committer.CommitAsync(digest, dataKey, size, blob, claim, cancellationToken).ConfigureAwait(false))
        {
            return UploadResult.Unknown;
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

    private async ValueTask<bool> DropAsync(LocalUploads.Turn turn, string id, Versioned<UploadRecord> session, CancellationToken cancellationToken)
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

    private async ValueTask<Versioned<UploadRecord>?> ReadAsync(RepositoryName repository, string id, CancellationToken cancellationToken)
    {
        if (!Ulid.IsValid(id))
        {
            return null;
        }

        Versioned<UploadRecord>? found = await records.ReadAsync<UploadRecord>(ContentKeys.Upload(id), cancellationToken).ConfigureAwait(false);
        return found is { Record.State: UploadState.Open } && found.Record.Repository == repository.Value ? found : null;
    }

    private static DigestAlgorithm AlgorithmOf(Versioned<UploadRecord> session) =>
        DigestAlgorithm.Find(session.Record.Algorithm) ?? throw new InvalidDataException($"An upload session has the unknown algorithm '{session.Record.Algorithm}'.");

    private static Digest? KnownDigest(Versioned<UploadRecord> session)
    {
        if (session.Record.Offset == 0)
        {
            return AlgorithmOf(session).Compute([]);
        }

        return Digest.TryParse(session.Record.PrefixDigest, out Digest digest) ? digest : null;
    }

    private RegistryException TooLarge() =>
        new(RegistryErrorCode.BlobTooLarge, $"The blob is larger than the {MaxBlobBytes} bytes that are allowed. Nothing was stored of this request.");

    private static RegistryException Mismatch(Digest said, Digest found) =>
        new(RegistryErrorCode.DigestInvalid, $"The content's digest is {found}, not {said}. The upload was dropped.", said.Value);

    /// <summary>Bytes that were appended and not yet saved. Disposing it drops them, unless they were saved or committed.</summary>
    private sealed class Appended(ObjectAppender appender, PrefixHash? hash) : IAsyncDisposable
    {
        private bool _disposed;

        public ObjectAppender Appender { get; } = appender;

        public PrefixHash? Hash { get; private set; } = hash;

        public long Bytes { get; set; }

        public ExceptionDispatchInfo? Fault { get; set; }

        public PrefixHash? TakeHash()
        {
            PrefixHash? taken = Hash;
            Hash = null;
            return taken;
        }

        public ValueTask DisposeAsync()
        {
            if (_disposed)
            {
                return ValueTask.CompletedTask;
            }

            _disposed = true;
            Hash?.Dispose();
            return Appender.DisposeAsync();
        }
    }
}
