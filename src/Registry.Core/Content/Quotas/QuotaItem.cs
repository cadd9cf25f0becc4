using Registry.Model;

namespace Registry.Content.Quotas;

/// <summary>
/// Something that a quota counts. A blob counts once in a scope however many repositories of it hold it; a manifest is kept by each repository for itself, and counts in each.
/// </summary>
/// <param name="Key">What it is called in a scope. Keys sort in the order in which a recount comes by: blobs, manifests, tags.</param>
/// <param name="Size">Its bytes; 0 for a tag.</param>
internal readonly record struct QuotaItem(string Key, long Size)
{
    private const string BlobPrefix = "b/";
    private const string ManifestPrefix = "m/";
    private const string TagPrefix = "t/";

    // Sorts before every character of a repository's name, so that items stand in the order of the repositories.
    private const char Separator = '!';

    public bool IsTag => IsTagKey(Key);

    public static QuotaItem Blob(Digest digest, long size) => new($"{BlobPrefix}{digest}", size);

    public static QuotaItem Manifest(RepositoryName repository, Digest digest, long size) => new($"{ManifestPrefix}{repository}{Separator}{digest}", size);

    public static QuotaItem Tag(RepositoryName repository, Tag tag) => new($"{TagPrefix}{repository}{Separator}{tag}", 0);

    public static bool IsTagKey(string key) => key.StartsWith(TagPrefix, StringComparison.Ordinal);

    /// <summary>Reads a blob's key.</summary>
    public static bool TryParseBlob(string key, out Digest digest)
    {
        digest = default;
        return key.StartsWith(BlobPrefix, StringComparison.Ordinal) && Digest.TryParse(key.AsSpan(BlobPrefix.Length), out digest);
    }

    /// <summary>Reads a manifest's key, or a tag's.</summary>
    public static bool TryParse(string key, out RepositoryName repository, out ReadOnlySpan<char> name)
    {
        int separator = key.IndexOf(Separator, StringComparison.Ordinal);
        repository = default;
        name = separator < 0 ? default : key.AsSpan(separator + 1);
        return separator > TagPrefix.Length && RepositoryName.TryParse(key.AsSpan(TagPrefix.Length, separator - TagPrefix.Length), out repository);
    }
}
