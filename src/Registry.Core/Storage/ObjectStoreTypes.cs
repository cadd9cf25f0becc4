namespace Registry.Storage;

/// <summary>Limits that every store keeps.</summary>
public static class ObjectStoreLimits
{
    /// <summary>The largest object that <see cref="IObjectStore.PutAsync"/> takes and <see cref="IObjectStore.GetAsync"/> returns: 8 MiB.</summary>
    public const int MaxSmallObjectBytes = 8 * 1024 * 1024;

    /// <summary>The most keys in one page of <see cref="IObjectStore.ListAsync"/>: 1,000, as S3 has it.</summary>
    public const int MaxPageKeys = 1000;

    /// <summary>The longest key, in characters: 900 (S3 allows 1,024 bytes, of which a provider may use some for a prefix of its own).</summary>
    public const int MaxKeyLength = 900;
}

/// <summary>A small object as it was at one moment.</summary>
/// <param name="Content">Its bytes. They are the caller's own: the store neither changes nor reuses them.</param>
/// <param name="ETag">
/// What names this content in <see cref="PutCondition.IfMatch"/>: opaque, compared only for equality. It differs when the content differs; equal
/// contents may have equal ETags, also of different keys and at different times.
/// </param>
/// <param name="LastModified">When it was written, by the store's clock.</param>
public sealed record SmallObject(ReadOnlyMemory<byte> Content, string ETag, DateTimeOffset LastModified);

/// <summary>An object, or a part of one, open for reading. Disposing it closes the stream.</summary>
/// <param name="Stream">The bytes asked for, from front to back: it need not seek. Each read takes a cancellation token of its own.</param>
/// <param name="TotalLength">The length of the whole object in bytes, whatever part was asked for.</param>
public sealed record ObjectContent(Stream Stream, long TotalLength) : IAsyncDisposable
{
    /// <summary>Closes the stream.</summary>
    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}

/// <summary>One page of a listing.</summary>
/// <param name="Keys">The keys, in ordinal order.</param>
/// <param name="HasMore">Whether there may be further keys after the last of <paramref name="Keys"/>. Never true of an empty page.</param>
public sealed record KeyPage(IReadOnlyList<string> Keys, bool HasMore);

/// <summary>The outcome of a put.</summary>
public readonly record struct PutResult
{
    private PutResult(string? etag) => ETag = etag;

    /// <summary>The new ETag, or <see langword="null"/> when the condition did not hold.</summary>
    public string? ETag { get; }

    /// <summary>Whether the object was written.</summary>
    public bool Succeeded => ETag is not null;

    /// <summary>The object was written.</summary>
    /// <param name="etag">Its new ETag.</param>
    public static PutResult Written(string etag) => new(etag);

    /// <summary>The condition did not hold, and nothing was written.</summary>
    public static PutResult ConditionFailed => default;
}

/// <summary>What must hold for a put to happen.</summary>
public readonly record struct PutCondition
{
    private PutCondition(bool ifAbsent, string? etag)
    {
        RequiresAbsence = ifAbsent;
        RequiredETag = etag;
    }

    /// <summary>No condition: create or replace.</summary>
    public static PutCondition None => default;

    /// <summary>The key must have no object.</summary>
    public static PutCondition IfAbsent => new(true, null);

    /// <summary>The key's object must have this ETag.</summary>
    /// <param name="etag">An ETag that the store issued.</param>
    public static PutCondition IfMatch(string etag)
    {
        ArgumentException.ThrowIfNullOrEmpty(etag);
        return new(false, etag);
    }

    /// <summary>Whether the key must have no object.</summary>
    public bool RequiresAbsence { get; }

    /// <summary>The ETag that the key's object must have, if one is required.</summary>
    public string? RequiredETag { get; }
}

/// <summary>
/// An opaque, printable string that stands for an upload and the bytes it had when the token was issued. It holds all that another node needs to go on,
/// and no secret that a client could use: it is kept in the registry's records and never sent to a client.
/// </summary>
/// <param name="Value">The store's own encoding; at most 64 KiB.</param>
public readonly record struct UploadToken(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
