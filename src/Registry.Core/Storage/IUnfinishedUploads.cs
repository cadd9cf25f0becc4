namespace Registry.Storage;

/// <summary>
/// An ability that some stores have beside <see cref="IObjectStore"/>: they list the uploads of which they keep something, so that those can be aborted whose tokens were lost.
/// </summary>
public interface IUnfinishedUploads
{
    /// <summary>Lists uploads that are neither complete nor aborted, a page at a time.</summary>
    /// <param name="keyPrefix">What the keys that the uploads were begun for start with. It may end anywhere in a key; empty means all.</param>
    /// <param name="continuation">What the page before says to go on with, from any instance over the same place; <see langword="null"/> for the first page.</param>
    /// <param name="limit">The most uploads to return, 1 to <see cref="ObjectStoreLimits.MaxPageKeys"/>.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The uploads, and what to go on with.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="keyPrefix"/> is not the beginning of any key, or <paramref name="continuation"/> is none that this store issued.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is out of its range.</exception>
    /// <remarks>
    /// <para>An upload is listed from its first flush on, and before where the store keeps something of it before; it is not listed once it was completed or aborted. Uploads that are
    /// being appended to are listed with all others: which of them nobody goes on with is for the caller to know, by their keys.</para>
    /// <para>The uploads come in the ordinal order of their keys, but that keys of which one begins with the other may come the other way round. One that is there during the whole of a
    /// paged listing is listed; now and then it is listed twice.</para>
    /// <para>What a crash or a lost race left of an upload beside its object may be listed as well. Aborting it leaves the object alone, as ever.</para>
    /// </remarks>
    ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken);
}

/// <summary>An upload that is neither complete nor aborted.</summary>
/// <param name="Key">The key that it was begun for.</param>
/// <param name="Token">
/// A token for <see cref="IObjectStore.AbortUploadAsync"/>, and for nothing else: it need not stand for any of the upload's bytes.
/// </param>
public sealed record UnfinishedUpload(string Key, UploadToken Token);

/// <summary>One page of a listing of unfinished uploads.</summary>
/// <param name="Uploads">The uploads. A page may have fewer than were asked for, or none, although others follow.</param>
/// <param name="Continuation">What the next page is asked for with, or <see langword="null"/> when this one is the last.</param>
public sealed record UnfinishedPage(IReadOnlyList<UnfinishedUpload> Uploads, string? Continuation);
