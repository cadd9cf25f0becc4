using Registry.Content;
using Registry.Model;

namespace Registry.Maintenance.Collection;

/// <summary>
/// Where the parts of a key are that ends in an owner: <c>refs/{alg}/{xx}/{hex}/{repo}/{owner}</c> or <c>repos/{repo}/referrers/{alg}/{hex}/{owner}</c>. Scans read millions of these, so that nothing is cut out
/// of a key before it is needed.
/// </summary>
internal readonly struct OwnedKey
{
    private const string LeasePrefix = "lease-";

    private readonly int _repositoryStart;
    private readonly int _repositoryEnd;
    private readonly int _ownerStart;
    private readonly int _generationStart;

    private OwnedKey(int repositoryStart, int repositoryEnd, int ownerStart, int generationStart)
    {
        _repositoryStart = repositoryStart;
        _repositoryEnd = repositoryEnd;
        _ownerStart = ownerStart;
        _generationStart = generationStart;
    }

    public bool IsLease => _generationStart == _ownerStart + LeasePrefix.Length;

    public static bool TryParse(string key, out OwnedKey owned)
    {
        owned = default;
        int last = key.LastIndexOf('/');
        if (last <= 0)
        {
            return false;
        }

        (int start, int end) = key.StartsWith("repos/", StringComparison.Ordinal)
            ? ("repos/".Length, key.IndexOf('/', "repos/".Length))
            : (key.LastIndexOf('/', last - 1) + 1, last);
        ReadOnlySpan<char> owner = key.AsSpan(last + 1);
        if (owner.StartsWith(LeasePrefix, StringComparison.Ordinal))
        {
            owned = new OwnedKey(start, end, last + 1, last + 1 + LeasePrefix.Length);
            return Ulid.IsValid(owner[LeasePrefix.Length..]);
        }

        int separator = owner.IndexOf('!');
        owned = new OwnedKey(start, end, last + 1, last + 2 + separator);
        return start > 0 && end > start && separator > 0 && owner[..separator].Contains('-') && Ulid.IsValid(owner[(separator + 1)..]);
    }

    /// <summary>What the manifest with a record under this key is called in a table of generations.</summary>
    public static bool TryParseManifest(string manifestKey, out ulong tableKey)
    {
        // repos/{repo}/manifests/{alg}/{hex}
        string[] parts = manifestKey.Split('/');
        tableKey = parts.Length == 5 ? GenerationKey.Of(parts[1], $"{parts[3]}-{parts[4]}") : 0;
        return parts.Length == 5;
    }

    /// <summary>The generation, or the id of the lease.</summary>
    public ReadOnlySpan<char> Generation(string key) => key.AsSpan(_generationStart);

    public ulong TableKey(string key) => GenerationKey.Of(Repository(key), Manifest(key));

    /// <summary>The key of the record of the manifest that is the owner.</summary>
    public string ManifestKey(string key)
    {
        ReadOnlySpan<char> manifest = Manifest(key);
        int dash = manifest.IndexOf('-');
        return ContentKeys.Manifest(Repository(key), manifest[..dash], manifest[(dash + 1)..]);
    }

    private ReadOnlySpan<char> Repository(string key) => key.AsSpan(_repositoryStart, _repositoryEnd - _repositoryStart);

    // {alg}-{hex}: an algorithm's name has no dash that the digest's own key would not have too.
    private ReadOnlySpan<char> Manifest(string key) => key.AsSpan(_ownerStart, _generationStart - 1 - _ownerStart);
}
