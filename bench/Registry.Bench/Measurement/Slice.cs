namespace Registry.Bench.Measurement;

/// <summary>What one server did in one repeat of a row.</summary>
internal sealed record Slice
{
    public required double Seconds { get; init; }

    /// <summary>How much work was done, in the row's unit.</summary>
    public double Amount { get; init; }

    /// <summary>Of each operation, in milliseconds, ascending.</summary>
    public required double[] Latencies { get; init; }

    /// <summary>The server's processor time; null where the server's process is not ours.</summary>
    public required double? ServerProcessor { get; init; }

    /// <summary>The server's highest resident memory, in bytes; null where the server's process is not ours.</summary>
    public required long? PeakMemory { get; init; }

    /// <summary>Our own processor time.</summary>
    public required double ClientProcessor { get; init; }

    /// <summary>
    /// Processor time of everything else on the machine, the kernel's own threads included. Null where the server's process is not ours.
    /// </summary>
    public required double? OtherProcessor { get; init; }

    /// <summary>Bytes that were written but not yet on the disk at the end, on the whole machine.</summary>
    public required long Unflushed { get; init; }

    /// <summary>Something about the answers that a reader has to know.</summary>
    public string? Note { get; init; }

    public double Throughput => Amount / Seconds;

    /// <summary>The nearest-rank percentile in milliseconds. Of fewer than 100 operations, the 99th is the slowest.</summary>
    public double Percentile(int percent) => Latencies[((percent * Latencies.Length) + 99) / 100 - 1];
}
