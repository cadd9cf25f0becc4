namespace Registry.Maintenance.Scrubbing;

/// <summary>How a store is scrubbed: read again, checked, and mended where that can be done.</summary>
public sealed class ScrubOptions
{
    /// <summary>The most bytes of blobs that are read in a second: 32 MiB by default, from 64 KiB to 10 GiB; <see langword="null"/> sets no limit.</summary>
    public long? BytesPerSecond { get; set; } = 32 * 1024 * 1024;

    /// <summary>Whether the bytes of blobs are read and hashed, which is what takes the time. Without it, only their presence and length are looked at. On by default.</summary>
    public bool ReadData { get; set; } = true;

    /// <summary>Whether findings are only reported and nothing is changed, not even the place to go on from. Off by default.</summary>
    public bool DryRun { get; set; }

    /// <summary>How many findings a report lists: 1,000 by default, from 1 to 1,000. Those beyond are counted.</summary>
    public int MaxFindings { get; set; } = 1000;

    /// <summary>How many keys are looked at before the position is written, when it is not written for its age.</summary>
    internal int KeysPerSave { get; set; } = 500;

    /// <summary>The same, changing nothing.</summary>
    internal ScrubOptions ToDryRun() => new() { BytesPerSecond = BytesPerSecond, ReadData = ReadData, DryRun = true, MaxFindings = MaxFindings, KeysPerSave = KeysPerSave };

    /// <summary>Names every setting that is out of its range.</summary>
    internal IEnumerable<string> Validate()
    {
        if (BytesPerSecond is < 64 * 1024 or > 10L * 1024 * 1024 * 1024)
        {
            yield return $"{nameof(BytesPerSecond)} is {BytesPerSecond}; it must be from {64 * 1024} (64 KiB) to {10L * 1024 * 1024 * 1024} (10 GiB), or null for no limit.";
        }

        if (MaxFindings is < 1 or > 1000)
        {
            yield return $"{nameof(MaxFindings)} is {MaxFindings}; it must be from 1 to 1000.";
        }
    }
}
