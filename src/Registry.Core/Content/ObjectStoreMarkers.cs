using Registry.Storage;

namespace Registry.Content;

/// <summary>Empty objects whose keys say everything.</summary>
internal static class ObjectStoreMarkers
{
    /// <summary>Makes sure that a marker is there. One that is says the same, so it is put only where it is not, which costs less than a put without a condition on some servers.</summary>
    public static async ValueTask PutMarkerAsync(this IObjectStore store, string key, CancellationToken cancellationToken) =>
        await store.PutAsync(key, ReadOnlyMemory<byte>.Empty, PutCondition.IfAbsent, cancellationToken).ConfigureAwait(false);
}
