using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Quotas;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Counts anew what everything that has a quota holds, in every store of a registry's feeds. Of several hosts one is at a store at a time.</summary>
internal sealed class QuotaJob(string registry, FeedDirectory feeds, ContentRoots roots, MaintenanceOptions options, RegistryMetrics metrics, TimeProvider time, ILogger logger) : IMaintenanceJob
{
    // Stores in which nothing has a quota, and the feeds by which that was written down. Once, since other hosts may have quotas there, and are not to count them again and again.
    private readonly ConcurrentDictionary<string, FeedTable> _noted = new(StringComparer.Ordinal);

    public string Name => "quotas";

    public JobSchedule Schedule => options.QuotaSchedule;

    public ValueTask<bool> RunAsync(DateTimeOffset notSince, CancellationToken cancellationToken) => VerifyAsync(time.GetUtcNow() - notSince, cancellationToken);

    /// <summary>Counts what has come to have a quota since the last recount, and nothing else.</summary>
    public async ValueTask VerifyNewAsync(CancellationToken cancellationToken) => await VerifyAsync(TimeSpan.MaxValue, cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> VerifyAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        bool done = true;
        foreach (string store in feeds.Current.Stores)
        {
            done &= await VerifyAsync(store, interval, cancellationToken).ConfigureAwait(false);
        }

        foreach (string store in feeds.Current.IdleStores)
        {
            await NoteAsync(store, cancellationToken).ConfigureAwait(false);
        }

        return done;
    }

    private async ValueTask<bool> VerifyAsync(string store, TimeSpan interval, CancellationToken cancellationToken)
    {
        try
        {
            ContentRoot root = roots.Get(store);
            if (root.Quotas.Scopes.Names.Length == 0)
            {
                await NoteAsync(store, cancellationToken).ConfigureAwait(false);
                return true;
            }

            await root.EnsureUsableAsync(cancellationToken).ConfigureAwait(false);
            (QuotaReport? report, bool isDone) = await new QuotaVerification(root, options.Collection.LeaseDuration).RunIfDueAsync(interval, cancellationToken).ConfigureAwait(false);
            if (report is not null)
            {
                metrics.Verified(report);
                logger.QuotasVerified(registry, report.Verified, report.Corrected, report.Unverified);
                if (report.Unreadable > 0)
                {
                    logger.QuotaRecordsPassedOver(store, report.Unreadable);
                }
            }

            return isDone;
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            // It is tried again, or another host does. Other stores may be sound.
            logger.QuotasNotVerified(store, e);
            return false;
        }
    }

    // Where nothing has a quota, that is written down if anything had. Also where no feed answers: feeds are emptied meanwhile. What has a quota there keeps it, and nothing is to be counted.
    private async ValueTask NoteAsync(string store, CancellationToken cancellationToken)
    {
        FeedTable current = feeds.Current;
        if (_noted.TryGetValue(store, out FeedTable? noted) && noted == current)
        {
            return;
        }

        try
        {
            if (roots.Find(store) is { } root && root.Quotas.Scopes.Names.Length == 0)
            {
                await new QuotaVerification(root, options.Collection.LeaseDuration).RunIfDueAsync(TimeSpan.MaxValue, cancellationToken).ConfigureAwait(false);
                _noted[store] = current;
            }
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            // Nobody waits for it. The feeds may not answer because their store does not.
            logger.QuotasNotForgotten(store, e);
        }
    }
}
