using System.Text.Json;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Records;

/// <summary>Reads records, and writes them conditionally in a way that survives lost responses.</summary>
internal sealed class RecordStore(IObjectStore store, Ulid ids, TimeProvider time, Random? random = null)
{
    private const int MaxAttempts = 64;

    private readonly Random _random = random ?? Random.Shared;

    /// <summary>Reads a record.</summary>
    /// <exception cref="InvalidDataException">What is there is none, or too large for one, however often it is read.</exception>
    public async ValueTask<Versioned<T>?> ReadAsync<T>(string key, CancellationToken cancellationToken)
        where T : class, IRecord<T>
    {
        try
        {
            return await store.GetAsync(key, cancellationToken).ConfigureAwait(false) is { } found ? new Versioned<T>(T.Decode(found.Content), found.ETag, found.LastModified) : null;
        }
        catch (Exception e) when (e is JsonException or ObjectTooLargeException)
        {
            throw new InvalidDataException($"The stored record '{key}' cannot be read.", e);
        }
    }

    /// <summary>Reads a record that says how far work is, or what can be found out anew. One that cannot be read is removed: work that it is to save would wait for it for good.</summary>
    public async ValueTask<Versioned<T>?> ReadOrRemoveAsync<T>(string key, CancellationToken cancellationToken)
        where T : class, IRecord<T>
    {
        try
        {
            return await ReadAsync<T>(key, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            await store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Puts a record over what was read, or where nothing was.</summary>
    /// <param name="key">The record's key.</param>
    /// <param name="record">What to write; it gets a nonce of its own.</param>
    /// <param name="over">What was read, or <see langword="null"/> when nothing was there.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    public async ValueTask<PutOutcome<T>> PutAsync<T>(string key, T record, Versioned<T>? over, CancellationToken cancellationToken)
        where T : class, IRecord<T>
    {
        record = record.WithNonce(Guards.Holds(Guard.RecordNonce) ? ids.Next() : "");
        PutCondition condition = over is null ? PutCondition.IfAbsent : PutCondition.IfMatch(over.ETag);
        PutResult result;
        try
        {
            result = await store.PutAsync(key, record.Encode(), condition, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The answer was lost, not necessarily the write: the nonce tells.
            Versioned<T>? found = await ReadAsync<T>(key, cancellationToken).ConfigureAwait(false);
            if (IsOwn(found?.Record, record))
            {
                return new PutOutcome<T>(true, found);
            }

            throw;
        }

        if (result.ETag is { } etag)
        {
            return new PutOutcome<T>(true, new Versioned<T>(record, etag, time.GetUtcNow()));
        }

        // A store's client may have repeated a put whose first answer was lost, and lost against itself.
        Versioned<T>? current = await ReadAsync<T>(key, cancellationToken).ConfigureAwait(false);
        return new PutOutcome<T>(IsOwn(current?.Record, record), current);
    }

    private static bool IsOwn<T>(T? found, T written)
        where T : class, IRecord<T> =>
        found?.Nonce == written.Nonce && (Guards.Holds(Guard.RecordNonce) || found.Encode().Span.SequenceEqual(written.Encode().Span));

    /// <summary>Waits a little after the <paramref name="attempt"/>th lost race, so that the winner of the next one is not decided by rhythm.</summary>
    /// <exception cref="StoreUnavailableException">Races were lost too often in a row.</exception>
    public Task BackOffAsync(int attempt, CancellationToken cancellationToken)
    {
        if (attempt >= MaxAttempts)
        {
            throw new StoreUnavailableException("A record changed too often to be written.");
        }

        int milliseconds = _random.Next(1 << Math.Min(attempt, 6));
        return milliseconds == 0 ? Task.CompletedTask : Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time, cancellationToken);
    }
}
