namespace Registry.Feeds;

/// <summary>
/// Names what a feed does not keep: tags, or manifests without tags, for which all of the rule's conditions hold. What no rule names stays. A rule that names nothing but repositories is a mistake: it would name everything in them.
/// </summary>
public sealed class RetentionRule
{
    /// <summary>What reports call the rule; empty, the default, calls it by its place in the list. At most 128 characters.</summary>
    public string Name { get; set; } = "";

    /// <summary>
    /// The repositories, by their names within the feed, as wildcards: <c>*</c> stands for any characters, slashes too, <c>?</c> for one; a pattern after <c>!</c> takes out what it matches. Empty, the default, or with nothing but
    /// exceptions, it is all others. From 1 to 256 characters each, of those that names have.
    /// </summary>
    public IList<string> Repositories { get; } = [];

    /// <summary>Only what was pushed, or only what was cached from another registry; <see langword="null"/>, the default, takes both.</summary>
    public ManifestOrigin? Origin { get; set; }

    /// <summary>
    /// Whether the rule names manifests without tags, and not tags. Off by default. A manifest that an index names, and one that refers to another (a signature, say), is kept as long as that is.
    /// </summary>
    public bool Untagged { get; set; }

    /// <summary>The tags, as wildcards like those of <see cref="Repositories"/>. Empty, the default, is all of them.</summary>
    public IList<string> Tags { get; } = [];

    /// <summary>
    /// Only what was last pushed longer ago than this: a tag when it was last pushed or pointed at another manifest, a manifest without tags when it was pushed. From 1 minute to 3,650 days; <see langword="null"/>, the
    /// default, takes any age, but manifests without tags no younger than <see cref="Content.ContentOptions.GracePeriod"/>.
    /// </summary>
    public TimeSpan? OlderThan { get; set; }

    /// <summary>
    /// Only what was not pulled for as long as this, neither by the tag nor by the digest nor, of an index, what it names, and not asked for either (HEAD). What was never pulled counts from when it was pushed, and nothing from before
    /// pulls were first counted. From 1 day to 3,650 days; <see langword="null"/>, the default, does not ask.
    /// </summary>
    public TimeSpan? NotPulledFor { get; set; }

    /// <summary>
    /// Keeps this many of the newest tags that the rule's <see cref="Repositories"/>, <see cref="Origin"/> and <see cref="Tags"/> name. From 1 to 100,000; <see langword="null"/>, the default, keeps none for being new.
    /// </summary>
    public int? KeepNewest { get; set; }

    /// <summary>What makes a tag newer than another. By time by default.</summary>
    public RetentionOrder KeepBy { get; set; }

    /// <summary>Of what <see cref="KeepNewest"/> are kept. Of the repository by default.</summary>
    public RetentionScope KeepPer { get; set; }

    /// <summary>
    /// Only while the blobs that the repository's tags lead to, each counted once, have more bytes together than this: then the tags that were pushed longest ago go first, until they do not. From 0 on;
    /// <see langword="null"/>, the default, does not ask.
    /// </summary>
    public long? TotalBytesAbove { get; set; }
}

/// <summary>Where a manifest comes from.</summary>
public enum ManifestOrigin
{
    /// <summary>A client pushed it.</summary>
    Own,

    /// <summary>It was cached from another registry.</summary>
    Cached,
}

/// <summary>What makes a tag newer than another.</summary>
public enum RetentionOrder
{
    /// <summary>It was pushed later.</summary>
    Time,

    /// <summary>
    /// It is a later version (Semantic Versioning 2.0.0, section 11), with a <c>v</c> in front or without; where two are equal, the one that was pushed later. Since <c>+</c> cannot be in a tag, <c>_</c> stands for it, as Helm has it.
    /// The rule does not name tags that are no versions, such as <c>latest</c> and <c>1.2</c>.
    /// </summary>
    SemanticVersion,
}

/// <summary>Of what the newest tags are kept.</summary>
public enum RetentionScope
{
    /// <summary>Of each repository.</summary>
    Repository,

    /// <summary>
    /// Of each repository's tags with the same prefix. By time, the prefix is what is before the last <c>-</c> or <c>_</c>: <c>main</c> of <c>main-1f3c</c>. By version, it is what is before the version, and ends with one of these:
    /// <c>api-</c> of <c>api-1.2.3-rc.1</c>.
    /// </summary>
    TagPrefix,
}
