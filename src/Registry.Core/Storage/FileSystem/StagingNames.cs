using System.Diagnostics.CodeAnalysis;

namespace Registry.Storage.FileSystem;

/// <summary>
/// The names of uploads' files: the key, spelled as one name, a dot and the id. Where that would be too long for a name it is the id alone, and a file beside it has the key.
/// </summary>
internal static class StagingNames
{
    /// <summary>How the file ends that has the key of an upload whose name does not say it.</summary>
    public const string KeyExtension = ".key";

    // With the id, and the extension of what lies beside the file, no longer than the names of objects.
    private const int MaxSpelledLength = FileNameCodec.MaxNameLength - FileUploadToken.IdLength - 6;

    /// <summary>The name of an upload's file.</summary>
    public static string Of(FileUploadToken token)
    {
        Span<char> spelled = stackalloc char[ObjectStoreLimits.MaxKeyLength * 3];
        int length = FileNameCodec.EncodeKey(token.Key, spelled);
        return length <= MaxSpelledLength ? string.Concat(spelled[..length], ".", token.Id) : token.Id;
    }

    /// <summary>Whether the name of an upload's file says its key.</summary>
    public static bool SayTheKey(FileUploadToken token) => Of(token).Length > FileUploadToken.IdLength;

    /// <summary>Reads a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="id">The upload's id.</param>
    /// <param name="key">The key, or <see langword="null"/> where the name does not say it.</param>
    /// <returns>Whether it is the name of an upload's file.</returns>
    public static bool TryParse(ReadOnlySpan<char> name, [NotNullWhen(true)] out string? id, out string? key)
    {
        id = key = null;
        int start = name.Length - FileUploadToken.IdLength;
        if (start < 0 || !FileUploadToken.IsId(name[start..])
            || (start > 0 && (name[start - 1] != '.' || !FileNameCodec.TryDecodeKey(name[..(start - 1)], out key))))
        {
            return false;
        }

        id = name[start..].ToString();
        return true;
    }
}
