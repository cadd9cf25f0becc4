using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Maintenance.Usage;

/// <summary>Spreads names, which are digests and tags, evenly over records.</summary>
internal static class NameHash
{
    // Digests and tags are ASCII.
    private const int MaxNameLength = 255;

    public static ulong Of(string name)
    {
        Span<byte> bytes = stackalloc byte[MaxNameLength];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        int length = Encoding.ASCII.GetBytes(name, bytes);
        SHA256.HashData(bytes[..length], hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    /// <summary>A hexadecimal digit of a hash, counted from its front.</summary>
    public static char Digit(ulong hash, int index) => "0123456789abcdef"[(int)(hash >> (60 - (4 * index))) & 15];
}
