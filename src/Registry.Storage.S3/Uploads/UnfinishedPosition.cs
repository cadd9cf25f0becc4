namespace Registry.Storage.S3.Uploads;

/// <summary>Where a listing of unfinished uploads goes on: a place each in the listings that it is merged of.</summary>
/// <param name="PartsKey">The key of the last multipart upload, in the bucket; empty at the beginning, <see cref="End"/> after the last.</param>
/// <param name="PartsUpload">The server's id of that.</param>
/// <param name="Tails">The key in the bucket after which tails go on; empty at the beginning, <see cref="End"/> after the last.</param>
internal readonly record struct UnfinishedPosition(string PartsKey, string PartsUpload, string Tails)
{
    /// <summary>Stands for the end of a listing. No key in a bucket is like that, for all have a slash.</summary>
    public const string End = "=";

    private const string Version = "1";

    public static UnfinishedPosition Start => new("", "", "");

    public bool IsEnd => PartsKey == End && Tails == End;

    /// <exception cref="ArgumentException">It is none that this store issued.</exception>
    public static UnfinishedPosition Parse(string? continuation)
    {
        if (continuation is null)
        {
            return Start;
        }

        return continuation.Split(' ') is [Version, var key, var upload, var tails]
            ? new UnfinishedPosition(Uri.UnescapeDataString(key), Uri.UnescapeDataString(upload), Uri.UnescapeDataString(tails))
            : throw new ArgumentException("The continuation is none that the S3 store issued.", nameof(continuation));
    }

    public string ToContinuation() => $"{Version} {Uri.EscapeDataString(PartsKey)} {Uri.EscapeDataString(PartsUpload)} {Uri.EscapeDataString(Tails)}";
}
