namespace Registry.Storage;

/// <summary>
/// Everything the registry asks of a place to keep things: a flat, strongly consistent map from keys to objects.
/// S3, Azure Blob and a plain file system all do these few operations natively.
/// </summary>
/// <remarks>
/// <para><b>Keys</b> are made of one or more non-empty parts joined by <c>/</c>. A part holds printable ASCII characters other than
/// <c>/</c>, is never <c>.</c> or <c>..</c>, and may be long (several hundred characters). Keys are compared by their ordinal (byte) order and
/// differ when their case differs. The user of a store never uses a key that is a <c>/</c>-prefix of another (<c>a</c> and <c>a/b</c>), not even
/// one after the other, so a store may map parts to folders. <see cref="ObjectKey"/> checks a key; every operation that is given something else
/// throws <see cref="ArgumentException"/> and touches nothing.</para>
/// <para><b>Outcomes.</b> An absent object is <see langword="null"/>, a failed condition is a result, and a fault is an exception that keeps its
/// cause. A store that cannot be reached now but may be reached later throws <see cref="StoreUnavailableException"/>. A cancelled operation throws
/// <see cref="OperationCanceledException"/>; one whose token was cancelled before the call changes nothing.</para>
/// <para><b>Consistency.</b> Once an operation has been acknowledged, every later operation of every instance and every process that uses the same
/// store sees it, listings included. An acknowledged write survives a crash of the process and of the machine.</para>
/// <para><b>Conditional put</b> is the only coordination primitive: among any number of concurrent puts with the same condition on the same key,
/// from any process, at most one succeeds.</para>
/// <para>Implementations are safe for concurrent use. The contract suite in the package <c>Registry.Storage.Testing</c> checks all of this.</para>
/// </remarks>
public interface IObjectStore
{
    /// <summary>Reads a small object whole, with the ETag that a conditional put needs.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>The object, or <see langword="null"/> where there is none.</returns>
    /// <exception cref="ObjectTooLargeException">The object is larger than <see cref="ObjectStoreLimits.MaxSmallObjectBytes"/>.</exception>
    ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Opens an object of any size for reading from <paramref name="offset"/> on.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="offset">The first byte wanted, 0 or more. At or past the end, the stream is empty.</param>
    /// <param name="length">How many bytes are wanted at most; <see langword="null"/> means all up to the end.</param>
    /// <param name="cancellationToken">Ends the opening; reads of the stream take their own token.</param>
    /// <returns>The bytes and the whole object's length, or <see langword="null"/> where there is none. The caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> or <paramref name="length"/> is negative.</exception>
    /// <remarks>When the object is replaced or deleted while it is read, the stream goes on with the bytes it began with or throws an
    /// <see cref="IOException"/>. It never ends early and never gives other bytes.</remarks>
    ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken);

    /// <summary>Writes a small object whole, atomically: a reader sees the old bytes or the new ones, never a mixture.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="content">The bytes, at most <see cref="ObjectStoreLimits.MaxSmallObjectBytes"/>. The store does not keep them past the call.</param>
    /// <param name="condition">What must hold for the write to happen. An ETag never matches an absent object.</param>
    /// <param name="cancellationToken">Ends the write; a cancelled write may or may not have happened.</param>
    /// <returns>The new ETag, or that the condition did not hold.</returns>
    /// <exception cref="ArgumentException"><paramref name="content"/> is longer than a small object may be.</exception>
    /// <remarks>A fault leaves it open whether the write happened: the caller reads again and decides by what it finds.</remarks>
    ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken);

    /// <summary>Removes an object. Removing what is not there is no error.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="cancellationToken">Ends the removal; a cancelled removal may or may not have happened.</param>
    ValueTask DeleteAsync(string key, CancellationToken cancellationToken);

    /// <summary>Lists keys in ordinal order, a page at a time.</summary>
    /// <param name="prefix">
    /// What each key starts with. It may end anywhere in a key, also in the middle of a part; empty means all keys. What no key can start with
    /// (<see cref="ObjectKey.IsValidPrefix"/>) is refused.
    /// </param>
    /// <param name="startAfter">
    /// Only keys ordinally greater than this are listed. It is a key or the beginning of one, need not exist and need not start with
    /// <paramref name="prefix"/>. <see langword="null"/> or empty starts at the front.
    /// </param>
    /// <param name="limit">The most keys to return, 1 to <see cref="ObjectStoreLimits.MaxPageKeys"/>.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The keys, and whether there may be more after the last of them.</returns>
    /// <exception cref="ArgumentException"><paramref name="prefix"/> or <paramref name="startAfter"/> is not the beginning of any key.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is out of its range.</exception>
    /// <remarks>A key that exists during the whole of a paged listing is listed exactly once; one that comes or goes meanwhile may or may not be.</remarks>
    ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken);

    /// <summary>Begins an object that is written by appending and becomes visible only when it is complete.</summary>
    /// <param name="key">The key that the object should get. It is unique: nothing was, is or will be stored under it by anyone else.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The token from which any node can go on. It stands for no bytes; completing it makes an empty object.</returns>
    /// <remarks>What a store keeps of an upload until it is complete is in no listing. It is kept until the upload is completed or aborted.</remarks>
    ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken);

    /// <summary>Opens an upload for appending after the bytes that <paramref name="token"/> stands for.</summary>
    /// <param name="token">
    /// A token of this upload, not necessarily the newest. Bytes that were written after it was issued, by whomever, are no part of what this
    /// appender goes on with.
    /// </param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>
    /// The appender, which the caller disposes, or <see langword="null"/> when the upload is gone (completed or aborted) or another appender has
    /// replaced the bytes that this token stands for.
    /// </returns>
    /// <exception cref="ArgumentException">The token's text is none that this store issues.</exception>
    /// <exception cref="UploadBusyException">Another appender of the same upload is open somewhere and the store cannot have two.</exception>
    /// <remarks>
    /// <para>Two appenders of one upload never mix bytes: a token that was issued stands for exactly the bytes that were written through its own
    /// chain of tokens, or opening and completing it fail (<see langword="null"/> or an <see cref="IOException"/>). A store that writes in place
    /// ensures it by having one appender at a time.</para>
    /// <para>Opening and disposing change nothing: later bytes are dropped by the first write, flush or completion at the earliest. So a caller
    /// that races with another is safe when it records its newest token (by conditional put) before it disposes its appender, and checks after
    /// opening one that its token is still the newest before it writes.</para>
    /// </remarks>
    ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken);

    /// <summary>Makes the bytes that a token stands for an object, in time that does not grow with its size.</summary>
    /// <param name="token">A token of the upload. Bytes that were written after it was issued are dropped.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>
    /// The key that the bytes are under: the one asked for, or one that begins with it. <see langword="null"/> when the upload is gone (aborted) or
    /// another appender has replaced the bytes that this token stands for. Completing the same token again returns the same key, until the object is deleted.
    /// </returns>
    /// <exception cref="ArgumentException">The token's text is none that this store issues.</exception>
    /// <exception cref="UploadBusyException">An appender of the upload is open somewhere and the store cannot complete beside it.</exception>
    ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken);

    /// <summary>Drops an upload that was not completed, with its bytes. Aborting what is gone is no error; a completed object is not touched.</summary>
    /// <param name="token">Any token of the upload.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ArgumentException">The token's text is none that this store issues.</exception>
    /// <exception cref="UploadBusyException">An appender of the upload is open somewhere and the store cannot abort beside it.</exception>
    /// <remarks>An appender that is still open fails from then on, or what it writes comes to nothing: an aborted upload never becomes visible.</remarks>
    ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken);
}
