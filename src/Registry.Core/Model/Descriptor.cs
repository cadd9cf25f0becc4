namespace Registry.Model;

/// <summary>What names a piece of content in a manifest (image-spec, descriptor.md).</summary>
/// <param name="MediaType">The content's media type, never empty.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Its size in bytes, 0 or more.</param>
public readonly record struct Descriptor(string MediaType, Digest Digest, long Size);
