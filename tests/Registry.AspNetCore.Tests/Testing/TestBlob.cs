using System.Security.Cryptography;
using System.Text;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>Bytes with their digests.</summary>
public sealed class TestBlob(byte[] content)
{
    public static TestBlob Empty { get; } = new([]);

    public byte[] Content { get; } = content;

    public int Length => Content.Length;

    public string Sha256 { get; } = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    public string Sha512 { get; } = $"sha512:{Convert.ToHexStringLower(SHA512.HashData(content))}";

    public byte[] this[Range range] => Content[range];

    public static TestBlob Random(int length) => new(RandomNumberGenerator.GetBytes(length));

    public static TestBlob Of(string text) => new(Encoding.UTF8.GetBytes(text));

    public string Digest(string algorithm) => algorithm == "sha512" ? Sha512 : Sha256;
}
