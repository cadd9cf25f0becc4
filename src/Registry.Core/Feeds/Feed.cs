namespace Registry.Feeds;

/// <summary>
/// One of many registries in a server: a name of its own in front of its repositories (<c>host/feed/repository:tag</c>), or a host name, with settings and rights of its own.
/// A feed that was handed over is not changed any more: a change is a new <see cref="Feed"/> of the same name.
/// </summary>
/// <param name="name">
/// What the feed's content is stored under, and what grants and handlers know it by: one part of a repository's name, or nothing for the default feed, whose repositories have no name in front.
/// It stays when clients are to see another name; see <see cref="Aliases"/>.
/// </param>
public sealed class Feed(string name)
{
    /// <summary>What the feed's content is stored under; empty for the default feed.</summary>
    public string Name { get; } = name ?? throw new ArgumentNullException(nameof(name));

    /// <summary>
    /// The names that clients use for the feed in place of its own; the first is the one that listings show. To go on answering to its own name too, a renamed feed lists that here as well. Empty, the default,
    /// leaves the feed its own name. The default feed has none.
    /// </summary>
    public IList<string> Aliases { get; } = [];

    /// <summary>
    /// Host names at which every repository is one of this feed's, without the feed's name in front: <c>main.example.com</c>, or <c>main.example.com:5000</c> for that port alone. Empty by default.
    /// </summary>
    public IList<string> Hosts { get; } = [];

    /// <summary>The store that has the feed's content, by the name it was added under; empty, the default, is the registry's own. Feeds with the same store share bytes.</summary>
    public string Store { get; set; } = "";

    /// <summary>Whether the feed answers at all. On by default. Its name stays taken while it does not.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Whether nothing can be pushed or deleted. Off by default.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>Whether clients may delete tags, manifests and blobs, as far as the registry's options let them. On by default.</summary>
    public bool AllowDelete { get; set; } = true;

    /// <summary>The largest blob that can be pushed, in bytes, from 1 on; <see langword="null"/>, the default, leaves the registry's own limit, below which this one counts.</summary>
    public long? MaxBlobBytes { get; set; }

    /// <summary>How much the feed may hold altogether; <see langword="null"/>, the default, sets no limit.</summary>
    public StorageQuota? Quota { get; set; }

    /// <summary>
    /// How much each repository may hold, by wildcards (<c>*</c>, which stands for slashes too, and <c>?</c>) for its name within the feed: <c>team-a/*</c>. Every repository that matches has the limit for itself; where several
    /// match, the least of each limit holds. Empty by default.
    /// </summary>
    public IDictionary<string, StorageQuota> RepositoryQuotas { get; } = new Dictionary<string, StorageQuota>(StringComparer.Ordinal);

    /// <summary>
    /// The types of artifacts that can be pushed, as wildcards (<c>*</c>, <c>?</c>) for a manifest's artifact type or, where it has none, for the media type of its config. Empty, the default, lets every type in.
    /// Indexes without an artifact type are made of what is there already, and always let in.
    /// </summary>
    public IList<string> ArtifactTypes { get; } = [];

    /// <summary>
    /// Tags that stay at the manifest that they were first pushed with, as wildcards (<c>*</c>, <c>?</c>); one with a <c>!</c> in front excepts what it fits, and of several that fit a tag the last decides:
    /// <c>v*</c>, <c>!v*-rc*</c>. Empty, the default, leaves all tags to the right <c>Overwrite</c>. Pushing the same manifest again is no move. Who may not move an immutable tag may not delete it either, nor the
    /// manifest that it points at, since a tag that is deleted can be pushed anew. What tidies up by the feed's own rules may delete it, unless it is one of <see cref="ProtectedTags"/> too. Refused with 403 <c>DENIED</c>.
    /// </summary>
    public IList<string> ImmutableTags { get; } = [];

    /// <summary>Whether callers with the right <c>Overwrite</c> may move and, with the right to delete, delete immutable tags all the same. Off by default: nobody may.</summary>
    public bool ImmutableTagsExceptOverwrite { get; set; }

    /// <summary>
    /// Tags that are not deleted, as wildcards in the form of <see cref="ImmutableTags"/>: neither the tag nor the manifest that it points at, by nobody (403 <c>DENIED</c>) and by nothing that tidies up. They can be moved.
    /// Empty by default. Removing all that a feed holds takes them along.
    /// </summary>
    public IList<string> ProtectedTags { get; } = [];

    /// <summary>Whether pulls of blobs are sent on to the store, where the registry's options say so. On by default.</summary>
    public bool Redirects { get; set; } = true;

    /// <summary>What callers may do without signing in; <see langword="null"/>, the default, is what the registry says for all feeds.</summary>
    public AnonymousAccess? Anonymous { get; set; }

    /// <summary>What the feed does not keep: what any of these rules names is removed when they are carried out. Empty by default, which keeps everything. See <see cref="RetentionRule"/>.</summary>
    public IList<RetentionRule> Retention { get; } = [];

    /// <summary>
    /// How long a manifest that no tag points at is kept after a collection first saw it so, and at least for the registry's grace period: what a tag was moved away from can be pulled for so long by its digest.
    /// <see langword="null"/>, the default, keeps it for good. Children of an index that is there, and what refers to a subject that is there, are kept with it. From zero to ten years.
    /// </summary>
    public TimeSpan? KeepUntagged { get; set; }

    /// <summary>
    /// The same of a manifest that refers to a subject which is not there, a signature of a deleted image, say. <see langword="null"/>, the default, keeps it for good. From zero to ten years.
    /// </summary>
    public TimeSpan? KeepOrphanedReferrers { get; set; }

    /// <summary>Texts that clients show to their users, sent as <c>Warning</c> headers beside the registry's own: that the feed is deprecated, say. Printable ASCII.</summary>
    public IList<string> Warnings { get; } = [];
}
