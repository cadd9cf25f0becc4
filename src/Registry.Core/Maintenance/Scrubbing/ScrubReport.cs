namespace Registry.Maintenance.Scrubbing;

/// <summary>What a scrub found. A scrub that was stopped and gone on with, by whatever host, has one report.</summary>
public sealed record ScrubReport
{
    /// <summary>The scrub's id.</summary>
    public required string Id { get; init; }

    /// <summary>The name of the store; empty for the registry's own, and where a store was scrubbed by itself.</summary>
    public string Store { get; init; } = "";

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it came to its end, or <see langword="null"/> where it has not: it was stopped, or another host is at it.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Whether nothing was changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>How many blobs were looked at.</summary>
    public long Blobs { get; init; }

    /// <summary>How many bytes of blobs were read.</summary>
    public long BytesRead { get; init; }

    /// <summary>How many live manifests were looked at.</summary>
    public long Manifests { get; init; }

    /// <summary>How many tags were looked at.</summary>
    public long Tags { get; init; }

    /// <summary>How many upload sessions were looked at.</summary>
    public long Uploads { get; init; }

    /// <summary>How many data objects older than the grace period were looked at.</summary>
    public long DataObjects { get; init; }

    /// <summary>What was found, up to <see cref="ScrubOptions.MaxFindings"/>.</summary>
    public required IReadOnlyList<ScrubFinding> Findings { get; init; }

    /// <summary>How many more findings there were.</summary>
    public long FindingsOmitted { get; init; }
}

/// <summary>One thing that was not as it should be.</summary>
/// <param name="Kind">What.</param>
/// <param name="Action">What was done about it.</param>
/// <param name="Key">The key of the object in the store.</param>
/// <param name="Detail">More about it, for a person.</param>
public sealed record ScrubFinding(ScrubFindingKind Kind, ScrubAction Action, string Key, string Detail)
{
    /// <summary>The repository that it is in, where it is in one.</summary>
    public string? Repository { get; init; }

    /// <summary>The digest of the blob or the manifest that it is about.</summary>
    public string? Digest { get; init; }

    /// <summary>Manifests that cannot be pulled whole because of it, as <c>repository@digest</c>: 10 at most.</summary>
    public IReadOnlyList<string> Manifests { get; init; } = [];
}

/// <summary>What was done about a finding.</summary>
public enum ScrubAction
{
    /// <summary>Nothing: it is for the operator, or the scrub was a dry run.</summary>
    Reported,

    /// <summary>It was put right, and nothing is missing.</summary>
    Mended,

    /// <summary>It was removed: it counted for nothing.</summary>
    Dropped,

    /// <summary>It is not served any more, and its bytes are kept to be looked at.</summary>
    Quarantined,
}

/// <summary>What a scrub can find.</summary>
public enum ScrubFindingKind
{
    /// <summary>A blob's bytes do not have its digest or its length.</summary>
    BlobCorrupt,

    /// <summary>A blob's bytes are not there.</summary>
    BlobMissing,

    /// <summary>A blob's bytes could not be read to their end, twice.</summary>
    BlobUnreadable,

    /// <summary>A blob's bytes were wrong or could not be read, and were right when they were read again.</summary>
    ReadFault,

    /// <summary>A record is no record, or the store cannot read it.</summary>
    RecordCorrupt,

    /// <summary>A manifest's bytes do not have its digest.</summary>
    ManifestCorrupt,

    /// <summary>A manifest has the right bytes, and they are no manifest.</summary>
    ManifestInvalid,

    /// <summary>A manifest can be pulled and something that it names cannot.</summary>
    ManifestNotWhole,

    /// <summary>A manifest did not hold something that it names, which could have been collected.</summary>
    RefMissing,

    /// <summary>A manifest was not listed as a referrer of its subject.</summary>
    ReferrerMissing,

    /// <summary>A tag points at a manifest that is not there.</summary>
    TagDangling,

    /// <summary>A tag was not listed.</summary>
    TagNameMissing,

    /// <summary>A manifest did not know of a tag that points at it, which would have outlived it.</summary>
    TagWayMissing,

    /// <summary>A repository was not in the catalog.</summary>
    CatalogMissing,

    /// <summary>A marker that counts for nothing.</summary>
    StaleMarker,

    /// <summary>An upload session whose bytes are gone.</summary>
    UploadHalf,

    /// <summary>Bytes that no blob and no upload session names. They are removed when a second scrub finds the same.</summary>
    DataOrphaned,

    /// <summary>An object that is none of a registry's.</summary>
    UnknownObject,
}
