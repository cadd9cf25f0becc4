using System.Collections.Concurrent;
using Registry.Content;
using Registry.Maintenance.Jobs;
using Registry.Model;

namespace Registry.Maintenance.Usage;

/// <summary>What one round of writing came to.</summary>
/// <param name="Repositories">How many repositories' pulls were written.</param>
/// <param name="Failure">Why others were not, if there are any. They stay for the next round.</param>
internal sealed record UsageWritten(int Repositories, Exception? Failure);

/// <summary>Writes the pulls that were counted: one write for a repository, as a rule, however many of its manifests were pulled how often.</summary>
internal sealed class UsageWriter(PullCounter counter)
{
    private readonly ConcurrentDictionary<ContentRoot, UsageStore> _stores = new();

    /// <summary>What is known of the pulls of a store's repositories.</summary>
    public UsageStore StoreOf(ContentRoot root) => _stores.GetOrAdd(root, static root => new UsageStore(root));

    /// <summary>Writes what has been counted. It may stop at any time: a host that stops takes along what it had not written, one that goes on writes the rest the next time.</summary>
    /// <param name="roots">The stores whose pulls are counted.</param>
    /// <param name="cancellationToken">Ends the round.</param>
    public async ValueTask<UsageWritten> RunAsync(IEnumerable<ContentRoot> roots, CancellationToken cancellationToken)
    {
        int written = 0;
        Exception? failure = null;
        foreach (ContentRoot root in roots)
        {
            await TryAsync(token => StoreOf(root).BeginAsync(token)).ConfigureAwait(false);
        }

        foreach (KeyValuePair<ContentRoot, DateTimeOffset> uncounted in counter.Uncounted())
        {
            await TryAsync(async token =>
            {
                await StoreOf(uncounted.Key).BeginAgainAsync(uncounted.Value, token).ConfigureAwait(false);
                counter.SettleUncounted(uncounted);
            }).ConfigureAwait(false);
        }

        foreach (IGrouping<ContentRoot, PendingPulls> ofRoot in counter.Pending().GroupBy(static pending => pending.Key.Root))
        {
            UsageStore store = StoreOf(ofRoot.Key);
            IGrouping<RepositoryName, PendingPulls>[] repositories = [.. ofRoot.GroupBy(static pending => pending.Key.Repository)];
            await StoreConcurrency.ForEachAsync(
                repositories,
                ofRoot.Key.Options.StoreConcurrency,
                (repository, _) => TryAsync(async token =>
                {
                    await store.AddAsync(repository.Key, [.. repository], counter.Settle, token).ConfigureAwait(false);
                    Interlocked.Increment(ref written);
                }),
                cancellationToken).ConfigureAwait(false);
        }

        return new UsageWritten(written, failure);

        async ValueTask TryAsync(Func<CancellationToken, ValueTask> action)
        {
            try
            {
                await action(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
            {
                // Whatever a store throws: the pulls of other repositories are written still.
                failure ??= e;
            }
        }
    }
}
