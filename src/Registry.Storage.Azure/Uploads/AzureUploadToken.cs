using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Storage.Azure;

/// <summary>What an upload's token says: <c>2|{id}|{etag}|{length}|{runs}|{key}</c>, a run being <c>{chain}:{count}</c> and runs joined by commas.</summary>
/// <param name="Id">The end of the name of the upload's marker, after the key.</param>
/// <param name="ETag">The marker's ETag for as long as nobody has decided on the upload's end, or <see cref="NoETag"/> where somebody has.</param>
/// <param name="Length">How many bytes the token stands for.</param>
/// <param name="Runs">The blocks that they are in.</param>
/// <param name="Key">The key that the object gets.</param>
internal sealed record AzureUploadToken(string Id, string ETag, long Length, ImmutableArray<BlockRun> Runs, string Key)
{
    /// <summary>How many blocks the service takes.</summary>
    public const int MaxBlocks = 50_000;

    /// <summary>What stands for an ETag that no marker has.</summary>
    public const string NoETag = "-";

    private const string Version = "2";

    // A marker's name has room for no more after the longest prefix and the longest key.
    private const int IdLength = 20;
    private const int MaxLength = 64 * 1024;

    public int BlockCount => Runs.Sum(static run => run.Count);

    /// <summary>The ids of the blocks, in order.</summary>
    public IEnumerable<string> BlockIds => Runs.SelectMany(static run => Enumerable.Range(0, run.Count).Select(run.BlockId));

    /// <summary>A name for an upload, to tell it from others for the same key.</summary>
    public static string CreateId() => RandomNumberGenerator.GetHexString(IdLength, lowercase: true);

    /// <summary>Whether a text has the form of an id.</summary>
    public static bool IsId(string text) => text.Length == IdLength && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Reads a token.</summary>
    /// <exception cref="ArgumentException">It is none that this store issued.</exception>
    public static AzureUploadToken Parse(UploadToken token)
    {
        string[] fields = (token.Value ?? "").Split('|', 6);
        if (fields is [Version, var id, { Length: > 0 } etag, var lengthText, var runsText, var key]
            && IsId(id)
            && long.TryParse(lengthText, NumberStyles.None, CultureInfo.InvariantCulture, out long length)
            && BlockRun.TryParseAll(runsText, out ImmutableArray<BlockRun> runs)
            && ObjectKey.IsValid(key))
        {
            return new AzureUploadToken(id, etag, length, runs, key);
        }

        throw new ArgumentException("The token is none that the Azure store issued.", nameof(token));
    }

    /// <summary>The token with blocks that were written after it.</summary>
    public AzureUploadToken With(BlockRun run, long length) => run.Count == 0 ? this : this with { Runs = Runs.Add(run), Length = length };

    /// <summary>The token's text.</summary>
    /// <exception cref="IOException">The upload has been gone on with too many times.</exception>
    public UploadToken ToToken()
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{Version}|{Id}|{ETag}|{Length}|{string.Join(',', Runs)}|{Key}");
        return text.Length <= MaxLength
            ? new UploadToken(text)
            : throw new IOException($"The upload to '{Key}' was gone on with {Runs.Length} times, which is too often. Upload it in fewer, larger pieces.");
    }

    /// <summary>A text that is the same for the same blocks in the same order, and for no others.</summary>
    public string HashBlocks()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes($"{Id}|{string.Join(',', Runs)}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 20));
    }
}
