using Registry.Model;

namespace Registry.Content.Tags;

/// <summary>
/// Where a tag points by its record. It leads there in that generation of the manifest and no other: whoever deletes a manifest deletes with one write everything that can be pulled by its tags, however long their
/// records stay, and a push of the same manifest that comes after brings back none of them.
/// </summary>
/// <param name="Digest">The manifest.</param>
/// <param name="ManifestGeneration">The generation in which it was live.</param>
/// <param name="Generation">The tag's own generation, which is another after each push of the tag.</param>
internal readonly record struct TagTarget(Digest Digest, string? ManifestGeneration, string Generation);
