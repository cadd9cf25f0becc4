namespace Registry.Maintenance.Copying;

/// <summary>How a registry's content is copied.</summary>
public sealed class ContentCopyOptions
{
    /// <summary>
    /// How many times the source is gone through at most, 1 to 100: 5 by default. Copying ends before, when a pass finds nothing new. What comes to the source during the last pass may be missing; whatever is in the target is
    /// whole after any number of passes.
    /// </summary>
    public int MaxPasses { get; set; } = 5;

    /// <summary>Whether keys of users, refresh tokens and keys of Data Protection are copied too (<c>auth/</c>): on by default. A backup that others may read is better without.</summary>
    public bool IncludeAuthentication { get; set; } = true;

    /// <summary>The most bytes of blobs that are read from the source in a second, from 64 KiB to 10 GiB; <see langword="null"/>, the default, sets no limit.</summary>
    public long? BytesPerSecond { get; set; }

    /// <summary>How many objects are copied at once: 4 by default, from 1 to 64.</summary>
    public int Concurrency { get; set; } = 4;

    /// <summary>Names every setting that is out of its range.</summary>
    internal IEnumerable<string> Validate()
    {
        if (MaxPasses is < 1 or > 100)
        {
            yield return $"{nameof(MaxPasses)} is {MaxPasses}; it must be from 1 to 100.";
        }

        if (BytesPerSecond is < 64 * 1024 or > 10L * 1024 * 1024 * 1024)
        {
            yield return $"{nameof(BytesPerSecond)} is {BytesPerSecond}; it must be from {64 * 1024} (64 KiB) to {10L * 1024 * 1024 * 1024} (10 GiB), or null for no limit.";
        }

        if (Concurrency is < 1 or > 64)
        {
            yield return $"{nameof(Concurrency)} is {Concurrency}; it must be from 1 to 64.";
        }
    }
}
