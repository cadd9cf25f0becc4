using Registry.Storage;

namespace Registry.Content;

/// <summary>Tells a store that is away, which is a reason to stop, from one object that it cannot read, which is none: everything else would never be looked at.</summary>
internal static class StoreProbe
{
    /// <summary>Asks for something that every store has, after a fault.</summary>
    /// <exception cref="IOException">The store is away.</exception>
    public static async ValueTask ThrowIfAwayAsync(this IObjectStore store, CancellationToken cancellationToken) => await store.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
}
