using System.Buffers.Binary;

namespace Registry.AspNetCore.Credentials.Users;

/// <summary>The format of ASP.NET Core's <c>PasswordHasher</c>: a marker byte, then the hash with what it was made with.</summary>
/// <param name="Version">2 or 3.</param>
/// <param name="Algorithm">The number of the pseudo-random function, of version 3.</param>
/// <param name="Iterations">How often it is applied.</param>
internal readonly record struct HashFormat(int Version, uint Algorithm, uint Iterations)
{
    private const int Version2Length = 49;
    private const uint Version2Iterations = 1000;
    private const int Version3Header = 13;
    private const int MinSaltBytes = 16;
    private const int MinKeyBytes = 16;
    private const int MaxBytes = 1024;
    private const uint MaxIterations = 5_000_000;
    private const uint Sha512 = 2;

    /// <summary>A measure of what it costs to check a password.</summary>
    public long Cost => (long)Iterations * (Algorithm == Sha512 ? 2 : 1);

    /// <summary>Reads what a hash was made with.</summary>
    /// <returns>What is wrong, without a word of the hash; <see langword="null"/> when nothing is.</returns>
    public static string? TryParse(string? text, out HashFormat format)
    {
        format = default;
        if (string.IsNullOrEmpty(text))
        {
            return "it has no PasswordHash";
        }

        byte[] bytes = new byte[MaxBytes];
        if (!Convert.TryFromBase64String(text, bytes, out int length) || length == 0)
        {
            return "its PasswordHash is not what RegistryPasswords.Hash(…) makes";
        }

        switch (bytes[0])
        {
            case 0 when length == Version2Length:
                format = new HashFormat(2, 0, Version2Iterations);
                return null;
            case 1 when length >= Version3Header:
                format = new HashFormat(3, BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1)), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(5)));
                uint salt = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(9));
                if (format.Algorithm > Sha512 || format.Iterations == 0 || salt < MinSaltBytes || salt > length - Version3Header - MinKeyBytes)
                {
                    break;
                }

                return format.Iterations > MaxIterations ? $"its PasswordHash takes {format.Iterations} iterations; {MaxIterations} are allowed" : null;
        }

        return "its PasswordHash is not what RegistryPasswords.Hash(…) makes";
    }
}
