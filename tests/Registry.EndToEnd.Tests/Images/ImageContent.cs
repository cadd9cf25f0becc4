namespace Registry.EndToEnd.Tests.Images;

/// <summary>What a client says that it pulled.</summary>
/// <param name="Digests">The digests by which the client knows the image (manifest, or index and manifest); empty when it does not say.</param>
/// <param name="DiffIds">The digests of the uncompressed layers, counted from the bytes.</param>
/// <param name="Files">Path to SHA-256 of every file that the layers add up to.</param>
public sealed record ImageContent(
    IReadOnlyList<string> Digests,
    IReadOnlyList<string> DiffIds,
    IReadOnlyDictionary<string, string> Files);

/// <summary>What a client says that it pushed.</summary>
/// <param name="Reference">Host, repository and tag.</param>
/// <param name="Repository">The repository alone.</param>
/// <param name="Digest">The digest that the client reported; null when it does not say.</param>
/// <param name="Files">What every pull must bring, by architecture.</param>
public sealed record PushedImage(
    string Reference,
    string Repository,
    string? Digest,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Files)
{
    public string Tag => Reference[(Reference.LastIndexOf(':') + 1)..];
}
