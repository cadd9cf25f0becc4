namespace Registry.Maintenance.Collection;

/// <summary>What a collection can remove.</summary>
public enum CollectionItemKind
{
    /// <summary>A blob.</summary>
    Blob,

    /// <summary>A manifest, in one repository.</summary>
    Manifest,

    /// <summary>A tag, in one repository.</summary>
    Tag,

    /// <summary>An upload.</summary>
    Upload,
}

/// <summary>What a collection did with something, or in a dry run would have done.</summary>
public enum CollectionStep
{
    /// <summary>Nothing needs it. It goes at a later run if nothing has come to need it until then.</summary>
    Condemned,

    /// <summary>It had been condemned, and something needs it again.</summary>
    Restored,

    /// <summary>It is gone.</summary>
    Removed,
}

/// <summary>Something that a collection took a step with, or in a dry run would have.</summary>
public sealed record CollectionItem
{
    /// <summary>What it is.</summary>
    public required CollectionItemKind Kind { get; init; }

    /// <summary>What was done, or would have been.</summary>
    public required CollectionStep Step { get; init; }

    /// <summary>The repository by its full name, its feed's in front; <see langword="null"/> for a blob, which may be in several, and an upload that no session tells of.</summary>
    public string? Repository { get; init; }

    /// <summary>A digest, a tag, or an upload's id.</summary>
    public required string Name { get; init; }

    /// <summary>How many bytes of data go with it, now or, where it is condemned, at the later run. What a manifest holds is freed when its blobs go.</summary>
    public long Bytes { get; init; }
}
