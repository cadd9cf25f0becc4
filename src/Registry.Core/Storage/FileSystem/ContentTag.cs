using System.Buffers.Text;
using System.Security.Cryptography;

namespace Registry.Storage.FileSystem;

/// <summary>The ETag of a small object: the SHA-256 of its bytes. Nothing has to be kept beside the file, and a copy or a restored backup has the same.</summary>
internal static class ContentTag
{
    public static string Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return Base64Url.EncodeToString(hash);
    }
}
