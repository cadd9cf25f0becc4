namespace Registry.Maintenance.Copying;

/// <summary>What a copy did. What was in the target already and was equal is not counted.</summary>
public sealed record ContentCopyReport
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it came to its end; <see langword="null"/> while it is under way.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>How many times the source was gone through.</summary>
    public int Passes { get; init; }

    /// <summary>Whether the last pass found nothing new, so that the target has everything that the source had when that pass began.</summary>
    public bool IsCurrent { get; init; }

    /// <summary>How many blobs were copied.</summary>
    public long Blobs { get; init; }

    /// <summary>How many bytes of blobs were read from the source.</summary>
    public long Bytes { get; init; }

    /// <summary>How many manifests were copied.</summary>
    public long Manifests { get; init; }

    /// <summary>How many tags were copied or moved.</summary>
    public long Tags { get; init; }

    /// <summary>How many other objects were copied.</summary>
    public long OtherObjects { get; init; }

    /// <summary>How many objects were removed from the target, since the source has them no more.</summary>
    public long Removed { get; init; }

    /// <summary>What could not be copied, 1,000 at most. It is missing in the target, together with what names it.</summary>
    public IReadOnlyList<ContentCopyProblem> Problems { get; init; } = [];

    /// <summary>How many more problems there were.</summary>
    public long ProblemsOmitted { get; init; }
}

/// <summary>Something that could not be copied.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Key">The key of the object in the source, or in the target, where the detail says so.</param>
/// <param name="Detail">More about it, for a person.</param>
public sealed record ContentCopyProblem(ContentCopyProblemKind Kind, string Key, string Detail);

/// <summary>Why something could not be copied.</summary>
public enum ContentCopyProblemKind
{
    /// <summary>A blob's bytes do not have its digest.</summary>
    BlobCorrupt,

    /// <summary>A blob's bytes are not there.</summary>
    BlobMissing,

    /// <summary>A blob's bytes could not be read to their end.</summary>
    BlobUnreadable,

    /// <summary>A manifest's bytes do not have its digest, or are no manifest.</summary>
    ManifestCorrupt,

    /// <summary>Something that a manifest names is not there, or could not be copied. The manifest is not in the target.</summary>
    ManifestNotWhole,

    /// <summary>A tag points at a manifest that is not there, or could not be copied.</summary>
    TagDangling,

    /// <summary>A record is no record, or cannot be read; in the target, where the problem says so.</summary>
    RecordCorrupt,

    /// <summary>An object of a kind that is not known here is too large to be copied as a record.</summary>
    ObjectTooLarge,
}
