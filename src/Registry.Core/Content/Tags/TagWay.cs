using Registry.Content.Records;
using Registry.Model;

namespace Registry.Content.Tags;

/// <summary>The way back from a manifest to one of its tags.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Digest">The manifest.</param>
/// <param name="Generation">The generation of the tag in which the way counts. It serves for one write of the tag: a write whose answer was lost may have been followed by one that removed the way.</param>
internal sealed record TagWay(Tag Tag, Digest Digest, string Generation)
{
    /// <summary>Whether the way announces to deletions of the manifest that the tag is to point there; see <see cref="TagPush.AnnounceAsync"/>.</summary>
    public bool IsAnnounced { get; init; }

    /// <summary>The tag's record from before the way was announced, over which alone it may be taken.</summary>
    public Versioned<TagRecord>? Before { get; init; }
}
