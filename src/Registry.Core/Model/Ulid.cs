using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Registry.Model;

/// <summary>
/// Makes sortable unique ids: 48 bits of Unix milliseconds and 80 random bits in 26 characters of Crockford's base 32, in lower case so that
/// they are the same on a disk that folds case. The random bits come from the system's generator, so that an id cannot be guessed.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="random">Gives the random bits in place of the system's generator, so that a simulation can be repeated.</param>
internal sealed class Ulid(TimeProvider time, Random? random = null)
{
    internal const int Length = 26;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    public string Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        if (random is null)
        {
            RandomNumberGenerator.Fill(bytes[6..]);
        }
        else
        {
            random.NextBytes(bytes[6..]);
        }

        return Encode(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>When an id was made, by the clock of the host that made it. An id that nobody made may be from after the calendar's end: it has no time.</summary>
    public static bool TryGetTime(ReadOnlySpan<char> id, out DateTimeOffset time)
    {
        time = default;
        if (!IsValid(id))
        {
            return false;
        }

        long milliseconds = 0;
        foreach (char c in id[..10])
        {
            milliseconds = (milliseconds << 5) | (uint)Alphabet.IndexOf(c, StringComparison.Ordinal);
        }

        if (milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return false;
        }

        time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return true;
    }

    public static bool IsValid(ReadOnlySpan<char> id) => id.Length == Length && id[0] <= '7' && !id.ContainsAnyExcept(Characters);

    private static string Encode(UInt128 value) => string.Create(Length, value, static (span, v) =>
    {
        for (int i = Length - 1; i >= 0; i--)
        {
            span[i] = Alphabet[(int)(uint)(v & 31)];
            v >>= 5;
        }
    });
}
