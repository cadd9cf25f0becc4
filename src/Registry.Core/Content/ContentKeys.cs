using Registry.Model;

namespace Registry.Content;

/// <summary>
/// Spells the key of every stored object. A repository's name is one part of a key (<see cref="Encode(RepositoryName)"/>), so that repository <c>a</c> is no
/// prefix of <c>a/b</c> and a repository named <c>a/manifests</c> is no part of repository <c>a</c>.
/// </summary>
internal static class ContentKeys
{
    public const string Format = "registry-format";
    public const string DataPrefix = "data/";
    public const string BlobsPrefix = "blobs/";
    public const string UploadsPrefix = "uploads/";
    public const string UsageSince = MaintenancePrefix + "usage-since";
    public const string Clock = MaintenancePrefix + "clock"; // written to learn the store's clock
    public const string RefsPrefix = "refs/";
    public const string CatalogPrefix = "catalog/";
    public const string RepositoriesPrefix = "repos/";
    public const string MaintenancePrefix = "maintenance/";
    public const string QuotasPrefix = "quotas/";

    // Sorts before every character of a tag and of an id, so that the keys of a tag stand together and tags stand in their own order.
    private const char GenerationSeparator = '!';
    private const string LeaseOwnerPrefix = "lease-";

    // Nine hours of uploads share a folder: the first five characters of an id count periods of 2^25 ms.
    private const int DataFolderLength = 5;

    public static string Data(string id) => $"{DataPrefix}{id.AsSpan(0, DataFolderLength)}/{id}";

    public static string Blob(Digest digest) => $"{BlobsPrefix}{digest.AlgorithmName}/{digest.Encoded[..2]}/{digest.Encoded}";

    /// <summary>Reads the digest of a blob's record.</summary>
    public static bool TryParseBlob(string key, out Digest digest)
    {
        digest = default;
        return key.Split('/') is ["blobs", var algorithm, _, var encoded] && Digest.TryParse($"{algorithm}:{encoded}", out digest) && Blob(digest) == key;
    }

    /// <summary>Reads the id of the upload that some bytes came from. Its key may go on with what the store put behind it.</summary>
    public static bool TryParseData(string key, out string id)
    {
        id = "";
        int start = DataPrefix.Length + DataFolderLength + 1;
        if (key.Length < start + Ulid.Length)
        {
            return false;
        }

        id = key.Substring(start, Ulid.Length);
        return Ulid.IsValid(id) && key.StartsWith(Data(id), StringComparison.Ordinal);
    }

    public static string Upload(string id) => UploadsPrefix + id;

    /// <summary>Prefix of every ref to some content.</summary>
    public static string Refs(Digest digest) => $"{RefsPrefix}{digest.AlgorithmName}/{Fold(digest)}/{digest.Encoded}/";

    /// <summary>Prefix of every ref of one repository to some content.</summary>
    public static string Refs(Digest digest, RepositoryName repository) => $"{Refs(digest)}{Encode(repository)}/";

    public static string LeaseRef(Digest digest, RepositoryName repository, string id) => $"{Refs(digest, repository)}{LeaseOwnerPrefix}{id}";

    public static string ManifestRef(Digest content, RepositoryName repository, Digest manifest, string generation) =>
        $"{Refs(content, repository)}{manifest.AlgorithmName}-{manifest.Encoded}{GenerationSeparator}{generation}";

    /// <summary>Prefix of the refs to some content of all repositories whose names begin with a text, which ends with a slash or is empty.</summary>
    public static string Refs(Digest digest, string names) => $"{Refs(digest)}{Encode(names)}";

    /// <summary>Reads the last part of the key of a ref, or of a referrer.</summary>
    /// <param name="key">The key.</param>
    /// <param name="owner">Who holds the content.</param>
    public static bool TryParseRefOwner(ReadOnlySpan<char> key, out RefOwner owner)
    {
        owner = default;
        ReadOnlySpan<char> last = key[(key.LastIndexOf('/') + 1)..];
        if (last.StartsWith(LeaseOwnerPrefix, StringComparison.Ordinal))
        {
            ReadOnlySpan<char> lease = last[LeaseOwnerPrefix.Length..];
            owner = new RefOwner(null, lease.ToString());
            return Ulid.IsValid(lease);
        }

        int separator = last.IndexOf(GenerationSeparator);
        int dash = last.IndexOf('-');
        if (separator < 0 || dash < 0 || dash > separator || !Ulid.IsValid(last[(separator + 1)..])
            || !Digest.TryParse($"{last[..dash]}:{last[(dash + 1)..separator]}", out Digest manifest))
        {
            return false;
        }

        owner = new RefOwner(manifest, last[(separator + 1)..].ToString());
        return true;
    }

    /// <summary>Reads the repository of a ref's key.</summary>
    /// <param name="key">The key of a ref.</param>
    /// <param name="repository">The repository that holds the content.</param>
    public static bool TryParseRefRepository(ReadOnlySpan<char> key, out RepositoryName repository)
    {
        repository = default;
        int last = key.LastIndexOf('/');
        int before = last < 0 ? -1 : key[..last].LastIndexOf('/');
        return before >= 0 && TryDecode(key[(before + 1)..last], out repository);
    }

    /// <summary>Reads the content and the repository of a ref's key.</summary>
    /// <param name="key">The key of a ref.</param>
    /// <param name="digest">What is held.</param>
    /// <param name="repository">Who holds it.</param>
    public static bool TryParseRef(ReadOnlySpan<char> key, out Digest digest, out RepositoryName repository)
    {
        digest = default;
        Span<Range> parts = stackalloc Range[7];
        return TryParseRefRepository(key, out repository)
            && key.Split(parts, '/') == 6
            && Digest.TryParse($"{key[parts[1]]}:{key[parts[3]]}", out digest);
    }

    /// <summary>What to start a listing after, to go past every ref to some content.</summary>
    public static string AfterRefs(Digest digest) => $"{Refs(digest)}~";

    /// <summary>What to start a listing after, to go past every ref of a repository to some content.</summary>
    public static string AfterRefs(Digest digest, RepositoryName repository) => $"{Refs(digest, repository)}~";

    /// <summary>Reads what a key below <see cref="RepositoriesPrefix"/> belongs to.</summary>
    /// <param name="key">The key.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="section">The part after it, such as <c>manifests</c>.</param>
    public static bool TryParseRepository(string key, out RepositoryName repository, out string section)
    {
        string[] parts = key.Split('/', 4);
        section = parts.Length > 3 ? parts[2] : "";
        repository = default;
        return parts.Length > 3 && TryDecode(parts[1], out repository);
    }

    /// <summary>What to start a listing after, to go past one section of a repository.</summary>
    public static string AfterSection(string key)
    {
        string[] parts = key.Split('/', 4);
        return $"{string.Join('/', parts.Take(3))}/~";
    }

    /// <summary>What to start a listing after, to go past the refs to some content of all repositories whose names begin with a text, which ends with a slash.</summary>
    public static string AfterRefs(Digest digest, string names) => $"{Refs(digest, names)}~";

    public static string Manifest(RepositoryName repository, Digest digest) =>
        $"{RepositoriesPrefix}{Encode(repository)}/manifests/{digest.AlgorithmName}/{digest.Encoded}";

    /// <summary>The same, of parts of other keys.</summary>
    public static string Manifest(ReadOnlySpan<char> encodedRepository, ReadOnlySpan<char> algorithm, ReadOnlySpan<char> encoded) =>
        $"{RepositoriesPrefix}{encodedRepository}/manifests/{algorithm}/{encoded}";

    /// <summary>Prefix of a repository's manifests, those too that were deleted.</summary>
    public static string Manifests(RepositoryName repository) => $"{RepositoriesPrefix}{Encode(repository)}/manifests/";

    /// <summary>Reads the digest at the end of a manifest's key.</summary>
    public static bool TryParseManifest(ReadOnlySpan<char> key, out Digest digest)
    {
        digest = default;
        int last = key.LastIndexOf('/');
        int before = last < 0 ? -1 : key[..last].LastIndexOf('/');
        return before >= 0 && Digest.TryParse($"{key[(before + 1)..last]}:{key[(last + 1)..]}", out digest);
    }

    /// <summary>Prefix of a repository's tags, those too that were deleted.</summary>
    public static string Tags(RepositoryName repository) => $"{RepositoriesPrefix}{Encode(repository)}/tags/";

    public static string Tag(RepositoryName repository, Tag tag) => $"{RepositoriesPrefix}{Encode(repository)}/tags/{tag}";

    /// <summary>Prefix of the names of a repository's tags, each with the generation that it has been listed since.</summary>
    public static string TagNames(RepositoryName repository) => $"{RepositoriesPrefix}{Encode(repository)}/tag-names/";

    public static string TagName(RepositoryName repository, Tag tag, string generation) => $"{TagNames(repository)}{tag}{GenerationSeparator}{generation}";

    /// <summary>What to start a listing of <see cref="TagNames"/> after, to go past a tag that may or may not exist.</summary>
    public static string AfterTagName(RepositoryName repository, string last) => $"{TagNames(repository)}{last}{GenerationSeparator}~";

    /// <summary>Prefix of the tags that point at a manifest.</summary>
    public static string Tagged(RepositoryName repository, Digest digest) =>
        $"{RepositoriesPrefix}{Encode(repository)}/tagged/{digest.AlgorithmName}/{digest.Encoded}/";

    public static string Tagged(RepositoryName repository, Digest digest, Tag tag, string generation) =>
        $"{Tagged(repository, digest)}{tag}{GenerationSeparator}{generation}";

    /// <summary>Reads the tag and the generation at the end of a key of <see cref="TagNames"/> or <see cref="Tagged(RepositoryName, Digest)"/>.</summary>
    public static bool TryParseTag(ReadOnlySpan<char> key, out Tag tag, out string generation)
    {
        ReadOnlySpan<char> last = key[(key.LastIndexOf('/') + 1)..];
        int separator = last.IndexOf(GenerationSeparator);
        generation = separator < 0 ? "" : last[(separator + 1)..].ToString();
        tag = default;
        return separator > 0 && Model.Tag.TryParse(last[..separator], out tag);
    }

    /// <summary>Prefix of the manifests that refer to a subject.</summary>
    public static string Referrers(RepositoryName repository, Digest subject) =>
        $"{RepositoriesPrefix}{Encode(repository)}/referrers/{subject.AlgorithmName}/{subject.Encoded}/";

    public static string Referrer(RepositoryName repository, Digest subject, Digest referrer, string generation) =>
        $"{Referrers(repository, subject)}{referrer.AlgorithmName}-{referrer.Encoded}{GenerationSeparator}{generation}";

    /// <summary>What to start a listing of <see cref="Referrers"/> after, to go past a manifest.</summary>
    public static string AfterReferrer(RepositoryName repository, Digest subject, Digest last) =>
        $"{Referrers(repository, subject)}{last.AlgorithmName}-{last.Encoded}{GenerationSeparator}~";

    /// <summary>How much a feed uses of its quota; empty for the default feed.</summary>
    public static string FeedQuota(string feed) => QuotasPrefix + FeedPart(feed);

    /// <summary>How far a feed's rules on what it keeps were carried out; empty for the default feed.</summary>
    public static string FeedRetention(string feed) => $"{MaintenancePrefix}retention/{FeedPart(feed)}";

    /// <summary>How much a repository uses of its quota.</summary>
    public static string RepositoryQuota(RepositoryName repository) => $"{QuotasPrefix}repositories/{Encode(repository)}";

    public static string Catalog(RepositoryName repository) => CatalogPrefix + Encode(repository);

    public static bool TryParseCatalog(string key, out RepositoryName repository) =>
        TryDecode(key.AsSpan(CatalogPrefix.Length), out repository);

    /// <summary>Prefix of the repositories whose names begin with a text, which ends with a slash or is empty.</summary>
    public static string CatalogPrefixOf(string names) => CatalogPrefix + Encode(names);

    /// <summary>What to start a listing of the catalog after, to go past a name, which need not be a repository's.</summary>
    public static string AfterCatalog(string last) => CatalogPrefix + Encode(last);

    /// <summary>Prefix of what is known of a repository's pulls.</summary>
    public static string Usage(RepositoryName repository) => $"usage/{Encode(repository)}/";

    /// <summary>One record of a repository's pulls.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="part">The first characters of the hash that its names have in common; empty for the one that is filled first.</param>
    public static string Usage(RepositoryName repository, string part) => Usage(repository) + (part.Length == 0 ? "top" : part);

    /// <summary>Reads a repository as it is spelled in keys.</summary>
    public static bool TryParseRepository(ReadOnlySpan<char> encoded, out RepositoryName repository) => TryDecode(encoded, out repository);

    /// <summary>Reads the digest in a key of <see cref="Blob"/> or <see cref="Refs(Digest)"/>.</summary>
    public static bool TryParseContent(ReadOnlySpan<char> key, out Digest digest)
    {
        digest = default;
        Span<Range> parts = stackalloc Range[5];
        int count = key.Split(parts, '/');
        return count >= 4 && Digest.TryParse($"{key[parts[1]]}:{key[parts[3]]}", out digest);
    }

    /// <summary>
    /// A repository's name as one part of a key: <c>.</c> becomes <c>.-</c> and <c>/</c> becomes <c>._</c>. Both begin with the same character and go on
    /// in the order of what they stand for, so that encoded names sort as the names themselves do.
    /// </summary>
    private static string Encode(RepositoryName repository) => Encode(repository.Value);

    private static string FeedPart(string feed) => feed.Length == 0 ? "default" : $"feeds/{Encode(feed)}";

    private static string Encode(string name) =>
        name.AsSpan().ContainsAny('.', '/')
            ? name.Replace(".", ".-", StringComparison.Ordinal).Replace("/", "._", StringComparison.Ordinal)
            : name;

    private static bool TryDecode(ReadOnlySpan<char> part, out RepositoryName repository) =>
        RepositoryName.TryParse(part.Contains('.')
            ? part.ToString().Replace("._", "/", StringComparison.Ordinal).Replace(".-", ".", StringComparison.Ordinal)
            : part, out repository);

    // Content of algorithms that this registry cannot compute is only ever named, and its encoded part may be short.
    private static ReadOnlySpan<char> Fold(Digest digest) => digest.Encoded.Length > 2 ? digest.Encoded[..2] : "__";
}

/// <summary>Who holds content in a repository: a generation of a manifest, or an upload lease.</summary>
/// <param name="Manifest">The manifest, or <see langword="null"/> for a lease.</param>
/// <param name="Id">The generation or the lease, an id that tells when it was made.</param>
internal readonly record struct RefOwner(Digest? Manifest, string Id)
{
    public DateTimeOffset Time => Ulid.TryGetTime(Id, out DateTimeOffset time) ? time : DateTimeOffset.MinValue;
}
