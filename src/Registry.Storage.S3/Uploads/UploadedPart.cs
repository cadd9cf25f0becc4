using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Storage.S3.Uploads;

/// <summary>A part that the server has.</summary>
/// <param name="ETag">Its ETag, without quotes.</param>
/// <param name="Size">Its size in bytes.</param>
internal readonly record struct UploadedPart(string ETag, long Size)
{
    /// <summary>A hash of the parts from the first on: a token stands for exactly these.</summary>
    public static string HashOf(IEnumerable<UploadedPart> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> size = stackalloc byte[sizeof(long)];
        foreach (UploadedPart part in parts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part.ETag));
            BinaryPrimitives.WriteInt64BigEndian(size, part.Size);
            hash.AppendData(size);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// The ETag that the server gives to the object made of the parts: the MD5 of their MD5s, with their count behind. Empty where the parts' ETags are no MD5s,
    /// as with KMS encryption.
    /// </summary>
    public static string FinalETagOf(IReadOnlyCollection<string> etags)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (string etag in etags)
        {
            if (etag.Length != 32 || etag.AsSpan().ContainsAnyExcept(Hex.Digits))
            {
                return "";
            }

            hash.AppendData(Convert.FromHexString(etag));
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(hash.GetHashAndReset())}-{etags.Count}");
    }
}
