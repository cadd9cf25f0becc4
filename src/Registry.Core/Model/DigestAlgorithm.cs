using System.Security.Cryptography;

namespace Registry.Model;

/// <summary>A digest algorithm that this registry can compute (image-spec, descriptor: registered algorithms).</summary>
public sealed class DigestAlgorithm
{
    private DigestAlgorithm(string name, HashAlgorithmName hashName, int hashBytes)
    {
        Name = name;
        HashName = hashName;
        HashBytes = hashBytes;
    }

    /// <summary>SHA-256, which every registry and client has.</summary>
    public static DigestAlgorithm Sha256 { get; } = new("sha256", HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);

    /// <summary>SHA-512.</summary>
    public static DigestAlgorithm Sha512 { get; } = new("sha512", HashAlgorithmName.SHA512, SHA512.HashSizeInBytes);

    /// <summary>The name before the colon of a digest, such as <c>sha256</c>.</summary>
    public string Name { get; }

    /// <summary>The length of a hash in bytes.</summary>
    public int HashBytes { get; }

    internal HashAlgorithmName HashName { get; }

    /// <summary>Finds a supported algorithm by its name, or returns <see langword="null"/>.</summary>
    /// <param name="name">The name, in lower case as the grammar has it.</param>
    public static DigestAlgorithm? Find(ReadOnlySpan<char> name) => name switch
    {
        "sha256" => Sha256,
        "sha512" => Sha512,
        _ => null,
    };

    /// <summary>Computes the digest of bytes that are in memory.</summary>
    /// <param name="content">The bytes.</param>
    public Digest Compute(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        CryptographicOperations.HashData(HashName, content, hash);
        return Digest.FromHash(this, hash);
    }

    internal IncrementalHash CreateHash() => IncrementalHash.CreateHash(HashName);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
