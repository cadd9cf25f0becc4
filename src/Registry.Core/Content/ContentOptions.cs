namespace Registry.Content;

/// <summary>How a registry keeps its content.</summary>
public sealed class ContentOptions
{
    /// <summary>The largest manifest, in bytes: 4 MiB, which is what clients read and what the specification asks for at least. From 4 MiB to 7 MiB.</summary>
    public int MaxManifestBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>The largest blob, in bytes; <see langword="null"/>, the default, sets no limit. From 1 on.</summary>
    public long? MaxBlobBytes { get; set; }

    /// <summary>
    /// Whether an index may name manifests that the repository does not have. Off by default, so that whatever can be pulled can be pulled whole.
    /// A manifest that comes after an index which names it counts as named by it once that index is pushed again; until then a feed that collects untagged manifests collects it.
    /// </summary>
    public bool AllowSparseIndexes { get; set; }

    /// <summary>
    /// How long content that a pusher was told about, or has uploaded, is kept before a manifest names it: 24 hours by default, from 1 second to 90 days. It is for the convenience of pushers: nothing that can be pulled depends on it,
    /// as long as it is longer than a request to the store may be under way, repetitions included: say some minutes.
    /// </summary>
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How many operations one request may have under way in the store at once: 16 by default, from 1 to 256.</summary>
    public int StoreConcurrency { get; set; } = 16;

    /// <summary>
    /// How long a pull may rely on what this process has seen in the store: that a repository has some content, where its bytes are, what a manifest says. So long may something that
    /// another process deleted still be pulled by its digest; what this process deletes is gone at once, tags are always asked for, and pushes rely on nothing. 10 seconds by default, from
    /// zero, which lets every pull ask the store, to 5 minutes.
    /// </summary>
    public TimeSpan CacheLifetime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many bytes of manifests are kept in memory, to be pulled again: 32 MiB by default, from 0, which keeps none, to 4 GiB.</summary>
    public long CacheBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>How many changes of where a tag points are kept of each tag: 20 by default, from 0, which keeps none, to 100. They are in the tag's own record and cost no write.</summary>
    public int TagHistoryLength { get; set; } = 20;

    /// <summary>Names every setting that is out of its range.</summary>
    internal IEnumerable<string> Validate()
    {
        if (MaxManifestBytes is < 4 * 1024 * 1024 or > 7 * 1024 * 1024)
        {
            yield return $"{nameof(MaxManifestBytes)} is {MaxManifestBytes}; it must be from {4 * 1024 * 1024} (4 MiB) to {7 * 1024 * 1024} (7 MiB).";
        }

        if (MaxBlobBytes < 1)
        {
            yield return $"{nameof(MaxBlobBytes)} is {MaxBlobBytes}; it must be 1 or more, or null for no limit.";
        }

        if (GracePeriod < TimeSpan.FromSeconds(1) || GracePeriod > TimeSpan.FromDays(90))
        {
            yield return $"{nameof(GracePeriod)} is {GracePeriod}; it must be from 1 second to 90 days.";
        }

        if (StoreConcurrency is < 1 or > 256)
        {
            yield return $"{nameof(StoreConcurrency)} is {StoreConcurrency}; it must be from 1 to 256.";
        }

        if (CacheLifetime < TimeSpan.Zero || CacheLifetime > TimeSpan.FromMinutes(5))
        {
            yield return $"{nameof(CacheLifetime)} is {CacheLifetime}; it must be from zero to 5 minutes.";
        }

        if (TagHistoryLength is < 0 or > 100)
        {
            yield return $"{nameof(TagHistoryLength)} is {TagHistoryLength}; it must be from 0 to 100.";
        }

        if (CacheBytes is < 0 or > 4L * 1024 * 1024 * 1024)
        {
            yield return $"{nameof(CacheBytes)} is {CacheBytes}; it must be from 0 to {4L * 1024 * 1024 * 1024} (4 GiB).";
        }
    }
}
