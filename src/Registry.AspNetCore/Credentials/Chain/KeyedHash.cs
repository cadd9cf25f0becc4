using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Registry.AspNetCore.Credentials.Chain;

/// <summary>
/// Stands for texts without holding them: HMAC-SHA256 under a random key that lives as long as the process. What is in memory then neither gives a password away nor lets an outsider choose what
/// falls together.
/// </summary>
internal sealed class KeyedHash
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    /// <summary>Hashes texts, each with its length before it, so that no two lists of texts are the same.</summary>
    public TextHash Of(params ReadOnlySpan<string> texts)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string text in texts)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            hash.AppendData(length);
            hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
        }

        Span<byte> result = stackalloc byte[HMACSHA256.HashSizeInBytes];
        hash.GetHashAndReset(result);
        return new TextHash(BinaryPrimitives.ReadUInt128LittleEndian(result), BinaryPrimitives.ReadUInt128LittleEndian(result[16..]));
    }
}

/// <summary>What a <see cref="KeyedHash"/> makes.</summary>
internal readonly record struct TextHash(UInt128 Low, UInt128 High);
