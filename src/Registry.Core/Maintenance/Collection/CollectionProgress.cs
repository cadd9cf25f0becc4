using System.Globalization;
using Registry.Content;

namespace Registry.Maintenance.Collection;

/// <summary>How far collections of a store are, whichever hosts are at them.</summary>
public sealed record CollectionProgress
{
    /// <summary>The store, by the name that feeds call it by; empty for the registry's own.</summary>
    public string Store { get; init; } = "";

    /// <summary>The parts of a scan that any host has begun at some time, in the order in which they are gone through.</summary>
    public IReadOnlyList<CollectionPartProgress> Parts { get; init; } = [];

    internal static async ValueTask<CollectionProgress> ReadAsync(ContentRoot root, int parts, CancellationToken cancellationToken)
    {
        var found = new List<CollectionPartProgress>();
        foreach (ScanPart part in ScanPart.All(parts))
        {
            if (await root.Records.ReadOrRemoveAsync<ScanRecord>(part.Key, cancellationToken).ConfigureAwait(false) is { Record: { } record })
            {
                found.Add(new CollectionPartProgress
                {
                    Name = part.Name,
                    Began = record.Began,
                    Finished = record.Owner is null ? record.Finished : null,
                    LastFinished = record.Finished,
                    Done = record.Owner is null ? 1 : FractionOf(part, record.Position),
                    Counts = record.Counts,
                });
            }
        }

        return new CollectionProgress { Parts = found };
    }

    // Digests are spread evenly, names of repositories are not.
    private static double? FractionOf(ScanPart part, string position)
    {
        if (part.Kind != ScanKind.Blobs)
        {
            return null;
        }

        double start = ValueOf(part.Start, 0);
        double end = part.End is { } limit ? ValueOf(limit, 1) : 1;
        return Math.Clamp((ValueOf(position, start) - start) / (end - start), 0, 1);
    }

    // sha256/{xx}/{hex}, or the beginning of it.
    private static double ValueOf(string key, double otherwise)
    {
        string[] pieces = key.Split('/');
        if (pieces.Length < 2 || pieces[0] != "sha256")
        {
            return otherwise;
        }

        ReadOnlySpan<char> digits = pieces.Length > 2 ? pieces[2] : pieces[1];
        digits = digits[..Math.Min(digits.Length, 8)];
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value / Math.Pow(16, digits.Length) : otherwise;
    }
}

/// <summary>How far a part of a scan is. One host works at a part at a time, and says now and then how far it is.</summary>
public sealed record CollectionPartProgress
{
    /// <summary>Its name: <c>uploads</c>, <c>repositories</c>, or a range of blobs.</summary>
    public required string Name { get; init; }

    /// <summary>When the round began that is under way, or was the last, by the store's clock.</summary>
    public DateTimeOffset Began { get; init; }

    /// <summary>When that round ended, or <see langword="null"/> while a host is at it, or was stopped in the middle of it.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>When a round was last gone through to its end.</summary>
    public DateTimeOffset? LastFinished { get; init; }

    /// <summary>How much of the part was looked at, from 0 to 1; <see langword="null"/> where nobody can tell.</summary>
    public double? Done { get; init; }

    /// <summary>What the round has come to so far.</summary>
    public CollectionCounts Counts { get; init; } = new();
}
