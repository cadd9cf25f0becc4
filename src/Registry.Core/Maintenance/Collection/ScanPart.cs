using Registry.Content;

namespace Registry.Maintenance.Collection;

internal enum ScanKind
{
    Uploads,
    Repositories,
    Blobs,
}

/// <summary>A part of a scan, which one host works at at a time.</summary>
/// <param name="Name">Its name, in the key of its record.</param>
/// <param name="Kind">What is in it.</param>
/// <param name="Start">Of digests, as keys have them after their first part: those after this; empty for the first.</param>
/// <param name="End">And those before this; <see langword="null"/> for the last.</param>
internal sealed record ScanPart(string Name, ScanKind Kind, string Start, string? End)
{
    private const string Hex = "0123456789abcdef";

    public string Key => $"{ContentKeys.MaintenancePrefix}collection/{Name}";

    /// <summary>All parts, in the order in which they help each other: what is let go of in one may be collected in the next.</summary>
    public static IReadOnlyList<ScanPart> All(int parts)
    {
        var all = new List<ScanPart> { new("uploads", ScanKind.Uploads, "", null), new("repositories", ScanKind.Repositories, "", null) };
        int step = Hex.Length / parts;
        for (int i = 0; i < Hex.Length; i += step)
        {
            // The first has the algorithms before sha256, the last those after it.
            string start = i == 0 ? "" : $"sha256/{Hex[i]}";
            string? end = i + step == Hex.Length ? null : $"sha256/{Hex[i + step]}";
            all.Add(new ScanPart($"blobs-{parts}-{i / step:x}", ScanKind.Blobs, start, end));
        }

        return all;
    }

    /// <summary>
    /// Parts in the order in which they are taken up: those that somebody was stopped in the middle of, then those that were finished longest ago. Whoever has not time enough for all would never reach the last ones otherwise.
    /// </summary>
    public static async ValueTask<IReadOnlyList<ScanPart>> OldestFirstAsync(ContentRoot root, IReadOnlyList<ScanPart> parts, CancellationToken cancellationToken)
    {
        var order = new List<(ScanPart Part, bool Begun, DateTimeOffset Finished)>(parts.Count);
        foreach (ScanPart part in parts)
        {
            ScanRecord? record = (await root.Records.ReadOrRemoveAsync<ScanRecord>(part.Key, cancellationToken).ConfigureAwait(false))?.Record;
            order.Add((part, record?.Owner is not null, record?.Finished ?? DateTimeOffset.MinValue));
        }

        return [.. order.OrderByDescending(static one => one.Begun).ThenBy(static one => one.Finished).Select(static one => one.Part)];
    }
}
