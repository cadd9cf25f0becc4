using Azure.Storage.Blobs.Models;

namespace Registry.Storage.Azure;

/// <summary>Where in its container and how <see cref="AzureBlobObjectStore"/> keeps objects.</summary>
public sealed class AzureBlobObjectStoreOptions
{
    /// <summary>The longest <see cref="Prefix"/>: blob names have at most 1,024 characters, of which a key may take 900.</summary>
    public const int MaxPrefixLength = 100;

    /// <summary>The smallest block that is worth a request: 64 KiB.</summary>
    public const int SmallestBlockBytes = 64 * 1024;

    /// <summary>The largest block that this store makes: 512 MiB. Blocks are held in memory while they are sent.</summary>
    public const int LargestBlockBytes = 512 * 1024 * 1024;

    /// <summary>What all names in the container start with, so that others may use it too: parts joined by <c>/</c>, with or without one at the end. Empty by default.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>The access tier of what is uploaded (layers, mostly); <see langword="null"/> is the account's default. An archived blob cannot be read, so <c>Archive</c> is refused.</summary>
    public AccessTier? DataAccessTier { get; set; }

    /// <summary>How many bytes a block of an upload has, 64 KiB to 512 MiB. 8 MiB by default. It grows for uploads of many blocks, of which Azure takes 50,000.</summary>
    public int BlockBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>How large blocks may grow, <see cref="BlockBytes"/> to 512 MiB. 64 MiB by default, enough for about 2.4 TiB.</summary>
    public int MaxBlockBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// How many blocks of one upload are sent at a time, 1 to 32. 3 by default. An upload holds one block more than that in memory.
    /// </summary>
    public int BlocksInFlight { get; set; } = 3;

    /// <summary>
    /// Only one process uses the container at a time. Then a store that ignores the conditions of writes is used all the same, with locks inside the process. By default such a one is refused.
    /// </summary>
    public bool SingleNode { get; set; }

    /// <summary>The longest time that a download URL works, whatever was asked for: 1 minute to 7 days. 1 hour by default.</summary>
    public TimeSpan MaxDownloadUrlLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How much earlier than now a download URL begins to work, for clocks that differ: 0 to 1 hour. 5 minutes by default.</summary>
    public TimeSpan DownloadUrlClockSkew { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What is wrong with the options, a sentence each.</summary>
    internal IReadOnlyList<string> FindMistakes()
    {
        var mistakes = new List<string>();
        string prefix = Prefix ?? "";
        if (prefix.Length > MaxPrefixLength)
        {
            mistakes.Add($"{nameof(Prefix)} has {prefix.Length} characters; at most {MaxPrefixLength} leave room for the keys.");
        }

        if (prefix.Length > 0 && !ObjectKey.IsValid(prefix.EndsWith('/') ? prefix[..^1] : prefix))
        {
            mistakes.Add($"{nameof(Prefix)} '{prefix}' has to be parts of printable ASCII characters joined by '/', none of them empty, '.' or '..'.");
        }

        if (DataAccessTier is { } tier && (tier == AccessTier.Archive || tier.ToString() is null or ""))
        {
            mistakes.Add($"{nameof(DataAccessTier)} '{tier}' cannot be used: what is in it cannot be read at once.");
        }

        if (BlockBytes is < SmallestBlockBytes or > LargestBlockBytes)
        {
            mistakes.Add($"{nameof(BlockBytes)} is {BlockBytes}; it has to be {SmallestBlockBytes} to {LargestBlockBytes}.");
        }

        if (MaxBlockBytes < BlockBytes || MaxBlockBytes > LargestBlockBytes)
        {
            mistakes.Add($"{nameof(MaxBlockBytes)} is {MaxBlockBytes}; it has to be {nameof(BlockBytes)} ({BlockBytes}) to {LargestBlockBytes}.");
        }

        if (BlocksInFlight is < 1 or > 32)
        {
            mistakes.Add($"{nameof(BlocksInFlight)} is {BlocksInFlight}; it has to be 1 to 32.");
        }

        if (MaxDownloadUrlLifetime < TimeSpan.FromMinutes(1) || MaxDownloadUrlLifetime > TimeSpan.FromDays(7))
        {
            mistakes.Add($"{nameof(MaxDownloadUrlLifetime)} is {MaxDownloadUrlLifetime}; it has to be one minute to 7 days.");
        }

        if (DownloadUrlClockSkew < TimeSpan.Zero || DownloadUrlClockSkew > TimeSpan.FromHours(1))
        {
            mistakes.Add($"{nameof(DownloadUrlClockSkew)} is {DownloadUrlClockSkew}; it has to be 0 to one hour.");
        }

        return mistakes;
    }
}
