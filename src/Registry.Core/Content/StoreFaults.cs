using Registry.Storage;

namespace Registry.Content;

/// <summary>Tells a store that is away, which is a reason to stop, from one object that it cannot read, which is none: everything else would never be looked at.</summary>
internal static class StoreFaults
{
    /// <summary>Asks, after a fault that may be the store's, for something that every store has.</summary>
    /// <param name="store">The store.</param>
    /// <param name="fault">What was thrown. What is no record, or too large for one, says nothing of the store.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="IOException">The store is away.</exception>
    public static async ValueTask ThrowIfAwayAsync(this IObjectStore store, Exception fault, CancellationToken cancellationToken)
    {
        if (fault is IOException and not ObjectTooLargeException)
        {
            await store.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
        }
    }
}
