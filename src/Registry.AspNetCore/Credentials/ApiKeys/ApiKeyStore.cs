using System.Collections.Concurrent;
using Registry.Content.Caching;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>The records of API keys. What was read is believed for half a second, so that keys revoked on another node end within one.</summary>
/// <param name="findStore">Finds the registry's store. It is asked at the first use: whether there is a store is checked before.</param>
/// <param name="time">The clock.</param>
internal sealed class ApiKeyStore(Func<IObjectStore> findStore, TimeProvider time)
{
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMilliseconds(500);

    private const string Prefix = "auth/api-keys/";

    private readonly Lazy<IObjectStore> _store = new(findStore);
    private readonly Lazy<RecordStore> _records = new(() => new RecordStore(findStore(), new Ulid(time), time));
    private readonly FactCache<string, Found> _found = new(Lifetime, time);
    private readonly ConcurrentDictionary<string, Reading> _readings = new(StringComparer.Ordinal);

    public string NewId() => new Ulid(time).Next();

    /// <summary>Finds a key as it was at most half a second ago.</summary>
    public async ValueTask<ApiKeyRecord?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (_found.TryGetFresh(id, out Found? found))
        {
            return found.Record;
        }

        // One read at a time per key. Who finds one that began too long ago begins another.
        Reading reading = _readings.GetOrAdd(id, NewReading);
        if (time.GetElapsedTime(reading.StartedAt) >= Lifetime)
        {
            _readings.TryRemove(KeyValuePair.Create(id, reading));
            reading = _readings.GetOrAdd(id, NewReading);
        }

        return await reading.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a key as it is now.</summary>
    public ValueTask<Versioned<ApiKeyRecord>?> ReadAsync(string id, CancellationToken cancellationToken) => _records.Value.ReadAsync<ApiKeyRecord>(Prefix + id, cancellationToken);

    public async ValueTask<bool> TryCreateAsync(string id, ApiKeyRecord record, CancellationToken cancellationToken)
    {
        bool won = (await _records.Value.PutAsync(Prefix + id, record, null, cancellationToken).ConfigureAwait(false)).Won;
        Forget(id);
        return won;
    }

    /// <summary>Changes a key, beginning anew each time somebody else changes it meanwhile.</summary>
    /// <param name="id">The key's id.</param>
    /// <param name="change">Makes the new state of the present one, or returns <see langword="null"/> to leave it.</param>
    /// <param name="cancellationToken">Ends the change.</param>
    /// <returns>Whether this call changed it.</returns>
    public async ValueTask<bool> ChangeAsync(string id, Func<ApiKeyRecord, ApiKeyRecord?> change, CancellationToken cancellationToken)
    {
        Versioned<ApiKeyRecord>? current = await ReadAsync(id, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; current is not null && change(current.Record) is { } changed; attempt++)
        {
            try
            {
                PutOutcome<ApiKeyRecord> outcome = await _records.Value.PutAsync(Prefix + id, changed, current, cancellationToken).ConfigureAwait(false);
                if (outcome.Won)
                {
                    return true;
                }

                current = outcome.Current;
            }
            finally
            {
                Forget(id);
            }

            await _records.Value.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    public async IAsyncEnumerable<string> ListIdsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string key in _store.Value.ListAllAsync(Prefix, cancellationToken).ConfigureAwait(false))
        {
            yield return key[Prefix.Length..];
        }
    }

    private void Forget(string id)
    {
        _found.Forget(id);
        _readings.TryRemove(id, out _);
    }

    private Reading NewReading(string id) => new(this, id, time.GetTimestamp());

    private async Task<ApiKeyRecord?> ReadOnceAsync(string id, Reading reading)
    {
        try
        {
            // For everybody who waits, so that none of them can end it.
            FactCache<string, Found>.Look look = _found.Begin(id);
            ApiKeyRecord? record = (await ReadAsync(id, CancellationToken.None).ConfigureAwait(false))?.Record;
            look.Remember(new Found(record));
            return record;
        }
        finally
        {
            _readings.TryRemove(KeyValuePair.Create(id, reading));
        }
    }

    private sealed record Found(ApiKeyRecord? Record);

    private sealed class Reading(ApiKeyStore owner, string id, long startedAt)
    {
        private readonly Lock _gate = new();
        private Task<ApiKeyRecord?>? _result;

        public long StartedAt => startedAt;

        public Task<ApiKeyRecord?> Result
        {
            get
            {
                lock (_gate)
                {
                    return _result ??= owner.ReadOnceAsync(id, this);
                }
            }
        }
    }
}
