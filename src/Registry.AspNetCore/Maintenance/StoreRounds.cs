using System.Runtime.ExceptionServices;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Jobs;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Work in every store of a registry's feeds.</summary>
internal static class StoreRounds
{
    /// <summary>Does something in each store, one after the other. A store that fails holds up no other: its fault is told, and the first one thrown when all have had their turn.</summary>
    /// <param name="turns">Which store is the first.</param>
    /// <param name="feeds">The feeds.</param>
    /// <param name="roots">What their stores hold.</param>
    /// <param name="work">What is done, in a store that can be used.</param>
    /// <param name="tell">Told of each fault.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async ValueTask RunAsync(
        Turns turns, FeedDirectory feeds, ContentRoots roots, Func<string, ContentRoot, ValueTask> work, Action<string, Exception> tell, CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? first = null;
        await turns.RunAsync(
            [.. feeds.Current.Stores],
            async store =>
            {
                try
                {
                    await work(store, await roots.OpenAsync(store, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
                }
                catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
                {
                    tell(store, e);
                    first ??= ExceptionDispatchInfo.Capture(e);
                }
            }).ConfigureAwait(false);
        first?.Throw();
    }
}
