using System.Security.Cryptography;
using System.Text;
using Registry.Model;

namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>
/// The text of an API key: <c>drk_</c>, the key's id (26 characters), a secret (43 characters of base 62: 256 random bits) and a checksum (6 characters of base 62). The beginning and the checksum let
/// scanners find keys in texts where they should not be; the checksum also spares a look into the store for what cannot be a key.
/// </summary>
/// <param name="Id">The key's id, an id as any other in the store.</param>
/// <param name="Secret">What only the key's bearer knows.</param>
internal readonly record struct ApiKeyText(string Id, string Secret)
{
    public const string Prefix = "drk_";

    /// <summary>What scanners look for.</summary>
    public const string Pattern = "drk_[0-7][0-9a-hjkmnp-tv-z]{25}[0-9A-Za-z]{49}";

    public const int Length = 4 + Ulid.Length + SecretLength + ChecksumLength;

    private const int SecretLength = 43;
    private const int ChecksumLength = 6;
    private const uint Crc32Polynomial = 0xEDB88320;
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static ApiKeyText Create(string id) => new(id, RandomNumberGenerator.GetString(Base62, SecretLength));

    public static bool TryParse(string text, out ApiKeyText key)
    {
        key = default;
        if (text.Length != Length || !text.StartsWith(Prefix, StringComparison.Ordinal) || !Ulid.IsValid(text.AsSpan(Prefix.Length, Ulid.Length))
            || text.AsSpan().ContainsAnyExceptInRange('\u0001', '\u007f')
            || !text.AsSpan(Length - ChecksumLength).SequenceEqual(Checksum(text.AsSpan(0, Length - ChecksumLength))))
        {
            return false;
        }

        key = new ApiKeyText(text.Substring(Prefix.Length, Ulid.Length), text.Substring(Prefix.Length + Ulid.Length, SecretLength));
        return true;
    }

    /// <summary>What is stored of the secret. It has 256 random bits, so that a quick hash is enough.</summary>
    public byte[] HashSecret() => SHA256.HashData(Encoding.ASCII.GetBytes(Secret));

    /// <summary>The whole text, which is shown once and never logged.</summary>
    public string Reveal()
    {
        string text = string.Concat(Prefix, Id, Secret);
        return text + Checksum(text);
    }

    /// <summary>Hides the secret from logs and debuggers.</summary>
    public override string ToString() => Prefix + Id;

    /// <summary>CRC-32 (of ISO 3309, as in zip files), in base 62.</summary>
    private static string Checksum(ReadOnlySpan<char> text)
    {
        uint crc = uint.MaxValue;
        foreach (char c in text)
        {
            crc ^= c;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : Crc32Polynomial);
            }
        }

        Span<char> result = stackalloc char[ChecksumLength];
        uint rest = ~crc;
        for (int i = ChecksumLength - 1; i >= 0; i--)
        {
            result[i] = Base62[(int)(rest % Base62.Length)];
            rest /= (uint)Base62.Length;
        }

        return result.ToString();
    }
}
