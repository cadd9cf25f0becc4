using System.Globalization;

namespace Registry.Storage.S3.Uploads;

/// <summary>
/// What an upload token says. The ETags of up to 10,000 parts have no room in it: it holds a hash of them, and whoever goes on asks the server for the parts
/// and compares.
/// </summary>
/// <param name="Id">The upload's own id, from its beginning on: what is kept of it is below this in the bucket.</param>
/// <param name="Key">The key that was asked for.</param>
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
    string Id, string Key, string UploadId, string Suffix, int Parts, long PartBytes, string PartsHash, string FinalETag, string Tail, int TailBytes, string TailHash, int Tails)
{
    private const string Version = "s3.1";

    public long Length => PartBytes + TailBytes;

    public bool IsMultipart => UploadId.Length > 0;

    /// <summary>The key that the bytes get when the upload is completed from here.</summary>
    public string FinalKey => Key + Suffix;

    public static S3UploadToken Begin(string id, string key) => new(id, key, "", "", 0, 0, "", "", "", 0, "", 0);

    public static S3UploadToken Parse(UploadToken token)
    {
        string[] fields = token.Value?.Split(' ') ?? [];
        return fields.Length == 13 && fields[0] == Version
            && IsHex(fields[1], 32) && ObjectKey.IsValid(fields[2])
            && int.TryParse(fields[5], NumberStyles.None, CultureInfo.InvariantCulture, out int parts) && parts <= PartSizes.MaxParts
            && long.TryParse(fields[6], NumberStyles.None, CultureInfo.InvariantCulture, out long partBytes)
            && int.TryParse(fields[10], NumberStyles.None, CultureInfo.InvariantCulture, out int tailBytes) && tailBytes < PartSizes.First
            && int.TryParse(fields[12], NumberStyles.None, CultureInfo.InvariantCulture, out int tails)
            && (fields[9].Length == 0 ? tailBytes == 0 : IsHex(fields[9], 32))
            && (fields[3].Length > 0) == (parts > 0)
            ? new S3UploadToken(fields[1], fields[2], Uri.UnescapeDataString(fields[3]), fields[4], parts, partBytes, fields[7], fields[8], fields[9], tailBytes, fields[11], tails)
            : throw new ArgumentException($"'{token.Value}' is no upload token of this store.", nameof(token));
    }

    public UploadToken ToToken() => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{Version} {Id} {Key} {Uri.EscapeDataString(UploadId)} {Suffix} {Parts} {PartBytes} {PartsHash} {FinalETag} {Tail} {TailBytes} {TailHash} {Tails}"));

    private static bool IsHex(string text, int length) => text.Length == length && text.AsSpan().IndexOfAnyExcept(Hex.Digits) < 0;
}
