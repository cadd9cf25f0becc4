using Registry.Model;

namespace Registry.Content.Tags;

/// <summary>The way back from a manifest to one of its tags.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Digest">The manifest.</param>
/// <param name="Generation">The generation of the tag in which the way counts. It serves for one write of the tag: a write whose answer was lost may have been followed by one that removed the way.</param>
internal sealed record TagWay(Tag Tag, Digest Digest, string Generation);
