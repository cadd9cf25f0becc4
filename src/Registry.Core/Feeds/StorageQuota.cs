namespace Registry.Feeds;

/// <summary>How much a feed, or a repository, may hold. What is there already is never touched: a limit below what is used only refuses what would add to it.</summary>
public sealed class StorageQuota
{
    /// <summary>
    /// How many bytes of blobs and manifests, from 0 on; <see langword="null"/>, the default, sets no limit. A blob counts once, however many of the feed's repositories hold it.
    /// </summary>
    public long? Bytes { get; set; }

    /// <summary>How many tags, from 0 on; <see langword="null"/>, the default, sets no limit.</summary>
    public long? Tags { get; set; }
}
