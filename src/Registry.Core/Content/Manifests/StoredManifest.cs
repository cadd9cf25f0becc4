using Registry.Model;

namespace Registry.Content.Manifests;

/// <summary>A manifest as it was pushed.</summary>
/// <param name="Digest">The digest it was asked for by, or that its tag points at.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="Content">Its bytes, verbatim.</param>
internal sealed record StoredManifest(Digest Digest, string MediaType, ReadOnlyMemory<byte> Content)
{
    /// <summary>The generation in which it is live, of one that was read from the store.</summary>
    public string? Generation { get; init; }
}
