using Registry.Model;

namespace Registry.Content.Refs;

/// <summary>
/// Remembers one ref for each content of a repository that was looked at of late. That it is still there is asked of the store each time, which costs less than to list
/// the refs of content that thousands of manifests name.
/// </summary>
/// <remarks>A table of fixed size in which the later of two that want the same place wins, so that its memory is bounded and nobody waits for anybody.</remarks>
internal sealed class SeenRefs
{
    private const int Places = 8192;

    private readonly Seen?[] _places = new Seen?[Places];

    /// <summary>The key of a ref that was there once, if one is known.</summary>
    public string? Find(RepositoryName repository, Digest digest) =>
        Volatile.Read(ref PlaceOf(repository, digest)) is { } seen && seen.Repository == repository && seen.Digest == digest ? seen.Key : null;

    /// <summary>Remembers a ref that was seen or written just now.</summary>
    public void Remember(RepositoryName repository, Digest digest, string key) =>
        Volatile.Write(ref PlaceOf(repository, digest), new Seen(repository, digest, key));

    private ref Seen? PlaceOf(RepositoryName repository, Digest digest) => ref _places[(uint)HashCode.Combine(repository, digest) % Places];

    private sealed record Seen(RepositoryName Repository, Digest Digest, string Key);
}
