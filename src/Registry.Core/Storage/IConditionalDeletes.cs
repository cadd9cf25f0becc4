namespace Registry.Storage;

/// <summary>
/// An ability that some stores have beside <see cref="IObjectStore"/>: they remove an object only if it still is what the caller has seen. So a record that is of no use
/// any more can go although others may be about to write its key.
/// </summary>
/// <remarks>
/// Some servers ignore the condition of a delete. So that a store has this interface does not say that it has the ability: <see cref="CanDeleteConditionallyAsync"/> does. Whoever
/// asks it once, before, needs no other answer.
/// </remarks>
public interface IConditionalDeletes
{
    /// <summary>Whether the store has the ability with the server, and in the way, that it is used. The answer stays the same for as long as the instance lives.</summary>
    /// <param name="cancellationToken">Ends the call: the first may have to try out the server.</param>
    ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken);

    /// <summary>Removes an object if it has an ETag, atomically: of all deletes and puts that require this ETag of it, from any process, at most one succeeds.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="etag">The ETag that the object must have, as the store issued it.</param>
    /// <param name="cancellationToken">Ends the removal; a cancelled removal may or may not have happened.</param>
    /// <returns>
    /// <para><see langword="true"/>: this call removed the object. It is gone for everyone, and stays gone after a crash.</para>
    /// <para><see langword="false"/>: no object with this ETag was there, but none or another one, and that was left alone. Where a store asked its server more than once because an
    /// answer was lost, an object that was removed by the first of the requests is one that was not there for the next.</para>
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="key"/> is no key, or <paramref name="etag"/> is empty.</exception>
    /// <exception cref="InvalidOperationException">The store does not have the ability, as <see cref="CanDeleteConditionallyAsync"/> says. Nothing was removed.</exception>
    /// <remarks>A fault leaves it open whether the object was removed: the caller reads again and decides by what it finds.</remarks>
    ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken);
}
