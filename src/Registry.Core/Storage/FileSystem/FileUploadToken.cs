using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace Registry.Storage.FileSystem;

/// <summary>What an upload's token says: <c>1.{id}.{era}.{offset}.{key}</c>.</summary>
/// <param name="Id">What tells the upload's file from all others.</param>
/// <param name="Era">How many times the file had been cut when the token was issued; see <see cref="UploadCuts"/>.</param>
/// <param name="Offset">How many of its bytes the token stands for.</param>
/// <param name="Key">The key that the object gets.</param>
internal sealed record FileUploadToken(string Id, int Era, long Offset, string Key)
{
    private const string Version = "1";

    /// <summary>How many characters an id has.</summary>
    public const int IdLength = 32;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>A token of a new upload, of no bytes yet.</summary>
    public static FileUploadToken Create(string key) => new(RandomNumberGenerator.GetHexString(IdLength, lowercase: true), 0, 0, key);

    /// <summary>Whether a text has the form of an id.</summary>
    public static bool IsId(ReadOnlySpan<char> text) => text.Length == IdLength && !text.ContainsAnyExcept(HexDigits);

    /// <summary>Reads a token.</summary>
    /// <exception cref="ArgumentException">It is none that this store issued.</exception>
    public static FileUploadToken Parse(UploadToken token)
    {
        string[] fields = (token.Value ?? "").Split('.', 5);
        if (fields is [Version, var id, var eraText, var offsetText, var key]
            && IsId(id)
            && int.TryParse(eraText, NumberStyles.None, CultureInfo.InvariantCulture, out int era)
            && long.TryParse(offsetText, NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
            && ObjectKey.IsValid(key))
        {
            return new FileUploadToken(id, era, offset, key);
        }

        throw new ArgumentException("The token is none that the file system store issued.", nameof(token));
    }

    public UploadToken ToToken() => new(string.Create(CultureInfo.InvariantCulture, $"{Version}.{Id}.{Era}.{Offset}.{Key}"));
}
