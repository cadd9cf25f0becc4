using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;

namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>
/// Gathers when keys were last used, and writes it at intervals and when the host stops. Uses of more keys than it has room for are left out until the next write.
/// </summary>
internal sealed class ApiKeyUses(ApiKeyStore store, TimeSpan interval, TimeProvider time, ILogger<ApiKeyUses> logger) : BackgroundService
{
    internal const int MaxKeys = 4096;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _uses = new(StringComparer.Ordinal);
    private int _room = MaxKeys;

    internal int Count => _uses.Count;

    public void Note(string id, DateTimeOffset at)
    {
        if (_uses.TryGetValue(id, out DateTimeOffset noted))
        {
            // Whoever else notes a use at the same time notes about the same time.
            _uses.TryUpdate(id, at, noted);
            return;
        }

        if (Interlocked.Decrement(ref _room) < 0 || !_uses.TryAdd(id, at))
        {
            Interlocked.Increment(ref _room);
        }
    }

    /// <summary>Writes what was gathered. What cannot be written stays for the next time.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        foreach ((string id, DateTimeOffset used) in _uses)
        {
            try
            {
                await store.ChangeAsync(
                    id,
                    record => record.Revoked is null && (record.LastUsed is not { } last || last < used) ? record with { LastUsed = used } : null,
                    cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever a store throws: a registry goes on without this.
                logger.ApiKeyUsesNotWritten(e);
                return;
            }

            // A later use stays.
            if (_uses.TryRemove(KeyValuePair.Create(id, used)))
            {
                Interlocked.Increment(ref _room);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await WriteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            // The host has no more time; a use that nobody knows of is no harm.
            logger.ApiKeyUsesNotWritten(e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await WriteAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return; // The host stops, and StopAsync writes the rest.
        }
    }
}
