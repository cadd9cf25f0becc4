using System.Security.Cryptography;
using Registry.Model;

namespace Registry.Content.Uploads;

/// <summary>The running hash of an upload's first bytes.</summary>
internal sealed class PrefixHash : IDisposable
{
    private PrefixHash(DigestAlgorithm algorithm, IncrementalHash hash)
    {
        Algorithm = algorithm;
        Hash = hash;
    }

    public DigestAlgorithm Algorithm { get; }

    public IncrementalHash Hash { get; }

    public static PrefixHash Start(DigestAlgorithm algorithm) => new(algorithm, algorithm.CreateHash());

    /// <summary>A hash of the same bytes that can go on without changing this one.</summary>
    public PrefixHash Fork() => new(Algorithm, Hash.Clone());

    public Digest Digest()
    {
        Span<byte> hash = stackalloc byte[Algorithm.HashBytes];
        Hash.GetCurrentHash(hash);
        return Model.Digest.FromHash(Algorithm, hash);
    }

    public void Dispose() => Hash.Dispose();
}
