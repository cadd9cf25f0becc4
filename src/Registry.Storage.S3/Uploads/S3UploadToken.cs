using System.Globalization;

namespace Registry.Storage.S3.Uploads;

/// <summary>
/// What an upload token says. The ETags of up to 10,000 parts have no room in it: it holds a hash of them, and whoever goes on asks the server for the parts
/// and compares.
/// </summary>
/// <param name="Key">The key that was asked for, which is this upload's alone.</param>
/// <param name="UploadId">The server's id of the multipart upload, empty while there is none.</param>
/// <param name="Suffix">What the key gets behind it when the multipart upload is completed, so that two of them that began from one token never meet.</param>
/// <param name="Parts">How many parts of the multipart upload belong to the token.</param>
/// <param name="PartBytes">How many bytes these have.</param>
/// <param name="PartsHash">The hash of these parts' ETags and sizes, empty where there are none.</param>
/// <param name="FinalETag">The ETag of the object when completed from here, empty where it cannot be told beforehand.</param>
/// <param name="Tail">The name of the object with the bytes after the parts, empty where there are none.</param>
/// <param name="TailBytes">How many bytes that has.</param>
/// <param name="TailHash">Its SHA-256.</param>
/// <param name="Tails">How many such objects were kept on the way here.</param>
internal sealed record S3UploadToken(
    string Key, string UploadId, string Suffix, int Parts, long PartBytes, string PartsHash, string FinalETag, string Tail, int TailBytes, string TailHash, int Tails)
{
    /// <summary>How many characters the name of a tail has: behind the longest prefix and key of a bucket there is room for no more.</summary>
    public const int TailNameLength = 20;

    private const string Version = "s3.2";

    public long Length => PartBytes + TailBytes;

    public bool IsMultipart => UploadId.Length > 0;

    /// <summary>The key that the bytes get when the upload is completed from here.</summary>
    public string FinalKey => Key + Suffix;

    public static S3UploadToken Begin(string key) => new(key, "", "", 0, 0, "", "", "", 0, "", 0);

    public static S3UploadToken Parse(UploadToken token)
    {
        string[] fields = token.Value?.Split(' ') ?? [];
        return fields.Length == 12 && fields[0] == Version
            && ObjectKey.IsValid(fields[1])
            && int.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out int parts) && parts <= PartSizes.MaxParts
            && long.TryParse(fields[5], NumberStyles.None, CultureInfo.InvariantCulture, out long partBytes)
            && int.TryParse(fields[9], NumberStyles.None, CultureInfo.InvariantCulture, out int tailBytes) && tailBytes < PartSizes.First
            && int.TryParse(fields[11], NumberStyles.None, CultureInfo.InvariantCulture, out int tails)
            && (fields[8].Length == 0 ? tailBytes == 0 : IsTailName(fields[8]))
            && (fields[2].Length > 0) == (parts > 0)
            ? new S3UploadToken(fields[1], Uri.UnescapeDataString(fields[2]), fields[3], parts, partBytes, fields[6], fields[7], fields[8], tailBytes, fields[10], tails)
            : throw new ArgumentException($"'{token.Value}' is no upload token of this store.", nameof(token));
    }

    public UploadToken ToToken() => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{Version} {Key} {Uri.EscapeDataString(UploadId)} {Suffix} {Parts} {PartBytes} {PartsHash} {FinalETag} {Tail} {TailBytes} {TailHash} {Tails}"));

    public static bool IsTailName(ReadOnlySpan<char> text) => text.Length == TailNameLength && text.IndexOfAnyExcept(Hex.Digits) < 0;
}
