using Registry.Bench.Measurement;

namespace Registry.Bench.Report;

/// <summary>What both servers did in one row; <see cref="Failure"/> says why there is nothing to compare.</summary>
internal sealed record RowResult(string Name, string Unit)
{
    /// <summary>By repeat.</summary>
    public List<Slice> Subject { get; } = [];

    /// <summary>By repeat.</summary>
    public List<Slice> Peer { get; } = [];

    public string? Failure { get; set; }

    public string? Skipped { get; init; }

    /// <summary>Throughput of the subject over that of the peer; null without results.</summary>
    public double? Ratio => Median(Subject, slice => slice.Throughput) / Median(Peer, slice => slice.Throughput);

    /// <summary>The median of a figure over the repeats; null where a repeat does not have it.</summary>
    public static double? Median(IEnumerable<Slice> slices, Func<Slice, double?> figure)
    {
        var sorted = slices.Select(figure).Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length == 0 || sorted[0] is null ? null
            : sorted.Length % 2 == 1 ? sorted[middle]
            : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
