namespace Registry.Maintenance.Collection;

/// <summary>What a collection looked at and did. In a dry run nothing was done: the numbers say what would have been, of what could be seen without doing it.</summary>
public sealed record CollectionReport
{
    /// <summary>The store, by the name that feeds call it by; empty for the registry's own.</summary>
    public string Store { get; init; } = "";

    /// <summary>Whether nothing was changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>When it began, by this host's clock.</summary>
    public DateTimeOffset Began { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Whether all of the store was looked at: by this host, or in parts by others too. When not, other hosts are still at some part, or were stopped.</summary>
    public bool Complete { get; init; }

    /// <summary>How much of it was done by other hosts, or lately enough, in parts of all.</summary>
    public int PartsOfOthers { get; init; }

    /// <summary>How many things were looked at, done and left.</summary>
    public CollectionCounts Counts { get; init; } = new();
}

/// <summary>How many things a collection looked at, did and left.</summary>
public sealed record CollectionCounts
{
    /// <summary>Blobs that were looked at.</summary>
    public long Blobs { get; init; }

    /// <summary>Refs to content that were looked at.</summary>
    public long Refs { get; init; }

    /// <summary>Manifests that were looked at.</summary>
    public long Manifests { get; init; }

    /// <summary>Tags that were looked at.</summary>
    public long Tags { get; init; }

    /// <summary>Blobs without refs that were condemned: they go in a later run if nobody needs them until then.</summary>
    public long BlobsCondemned { get; init; }

    /// <summary>Condemned blobs that somebody needs again.</summary>
    public long BlobsRestored { get; init; }

    /// <summary>Blobs that were removed.</summary>
    public long BlobsRemoved { get; init; }

    /// <summary>Their bytes.</summary>
    public long BytesFreed { get; init; }

    /// <summary>Manifests that nothing needs and that were condemned, where the feed collects such.</summary>
    public long ManifestsCondemned { get; init; }

    /// <summary>Condemned manifests that somebody needs again.</summary>
    public long ManifestsRestored { get; init; }

    /// <summary>Manifests that were removed, those too whose push was never ended.</summary>
    public long ManifestsRemoved { get; init; }

    /// <summary>Tags that pointed at no manifest and were removed.</summary>
    public long TagsRemoved { get; init; }

    /// <summary>Refs that counted for nothing and were removed.</summary>
    public long RefsRemoved { get; init; }

    /// <summary>Entries of indexes that counted for nothing and were removed.</summary>
    public long MarkersRemoved { get; init; }

    /// <summary>Entries of indexes that were missing and were written.</summary>
    public long MarkersMended { get; init; }

    /// <summary>Records of things that are gone, which were removed.</summary>
    public long TombstonesRemoved { get; init; }

    /// <summary>Records of things that are gone, which stay: they are young, or the store cannot remove a record on a condition.</summary>
    public long TombstonesLeft { get; init; }

    /// <summary>Uploads that nobody went on with and that were dropped.</summary>
    public long UploadsDropped { get; init; }

    /// <summary>Things that could not be read or changed, and were passed over.</summary>
    public long Failures { get; init; }

    /// <summary>Adds the numbers of two.</summary>
    public static CollectionCounts operator +(CollectionCounts left, CollectionCounts right) => Add(left, right);

    /// <summary>Adds the numbers of two.</summary>
    public static CollectionCounts Add(CollectionCounts left, CollectionCounts right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return left.Combine(right, 1);
    }

    internal CollectionCounts Since(CollectionCounts before) => Combine(before, -1);

    private CollectionCounts Combine(CollectionCounts other, int sign) => new()
    {
        Blobs = Blobs + (sign * other.Blobs),
        Refs = Refs + (sign * other.Refs),
        Manifests = Manifests + (sign * other.Manifests),
        Tags = Tags + (sign * other.Tags),
        BlobsCondemned = BlobsCondemned + (sign * other.BlobsCondemned),
        BlobsRestored = BlobsRestored + (sign * other.BlobsRestored),
        BlobsRemoved = BlobsRemoved + (sign * other.BlobsRemoved),
        BytesFreed = BytesFreed + (sign * other.BytesFreed),
        ManifestsCondemned = ManifestsCondemned + (sign * other.ManifestsCondemned),
        ManifestsRestored = ManifestsRestored + (sign * other.ManifestsRestored),
        ManifestsRemoved = ManifestsRemoved + (sign * other.ManifestsRemoved),
        TagsRemoved = TagsRemoved + (sign * other.TagsRemoved),
        RefsRemoved = RefsRemoved + (sign * other.RefsRemoved),
        MarkersRemoved = MarkersRemoved + (sign * other.MarkersRemoved),
        MarkersMended = MarkersMended + (sign * other.MarkersMended),
        TombstonesRemoved = TombstonesRemoved + (sign * other.TombstonesRemoved),
        TombstonesLeft = TombstonesLeft + (sign * other.TombstonesLeft),
        UploadsDropped = UploadsDropped + (sign * other.UploadsDropped),
        Failures = Failures + (sign * other.Failures),
    };
}
