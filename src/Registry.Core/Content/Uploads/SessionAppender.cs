using System.Runtime.ExceptionServices;
using Registry.Content.Records;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Uploads;

/// <summary>Appends a request's body to a session, and records how far the session came.</summary>
internal sealed class SessionAppender(IObjectStore store, RecordStore records, SessionRecords sessions, TimeProvider time, ContentOptions options)
{
    /// <summary>Appends a body. What arrived of it is not yet saved: the caller saves, commits or disposes it.</summary>
    /// <param name="turn">This node's turn at the session.</param>
    /// <param name="id">The session.</param>
    /// <param name="session">Its record.</param>
    /// <param name="algorithm">What the bytes are hashed with.</param>
    /// <param name="body">The body.</param>
    /// <param name="range">Where its bytes belong, if that was said.</param>
    /// <param name="isLimited">Whether the registry's limit for blobs holds, which is one for clients.</param>
    /// <param name="cancellationToken">Ends the reading of the body.</param>
    /// <returns>How the session stands, and the bytes; none where the body was not read.</returns>
    /// <exception cref="RegistryException">The body is not as long as its range says, or larger than allowed.</exception>
    public async ValueTask<(UploadResult Result, Appended? Appended)> AppendAsync(
        LocalUploads.Turn turn, string id, Versioned<UploadRecord> session, DigestAlgorithm algorithm, UploadBody body, ChunkRange? range, bool isLimited, CancellationToken cancellationToken)
    {
        long offset = session.Record.Offset;
        if (range is { } place && place.Start != offset)
        {
            return (UploadResult.OutOfOrder(offset), null);
        }

        long max = Math.Min(isLimited ? options.MaxBlobBytes ?? long.MaxValue : long.MaxValue, body.MaxBlobBytes ?? long.MaxValue);
        long allowed = Math.Min(max, body.Room?.Bytes ?? long.MaxValue) - offset;
        if (body.Length > allowed || range?.Length > allowed)
        {
            throw TooMuch(body, max, offset, Math.Max(body.Length ?? 0, range?.Length ?? 0));
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
                throw TooMuch(body, max, offset, null);
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

    /// <summary>Makes what was appended a part of the session.</summary>
    // The appender is still open while the record is put, so that a store with one appender at a time lets nobody in between.
    public async ValueTask<UploadResult> SaveAsync(LocalUploads.Turn turn, string id, Versioned<UploadRecord> session, Appended appended)
    {
        UploadToken token;
        try
        {
            token = await appended.Appender.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException) when (appended.Fault is null)
        {
            // A session that was cancelled meanwhile has nothing to append to any more.
            if (await sessions.ReadAsync(RepositoryName.Parse(session.Record.Repository), id, CancellationToken.None).ConfigureAwait(false) is null)
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

    // What is too large for the registry is so whatever room a quota leaves.
    private static RegistryException TooMuch(UploadBody body, long max, long offset, long? length) =>
        body.Room is { } room && room.Bytes < max && !(length > max - offset)
            ? room.Refuse(length is { } known ? offset + known : room.Bytes + 1, orMore: length is null) ?? TooLarge(max)
            : TooLarge(max);

    private static RegistryException TooLarge(long max) =>
        new(RegistryErrorCode.BlobTooLarge, $"The blob is larger than the {max} bytes that are allowed. Nothing was stored of this request.");
}
