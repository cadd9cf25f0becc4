using System.Globalization;

namespace Registry.AspNetCore.Blobs;

/// <summary>A part of a blob.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">How many bytes it has, 1 or more.</param>
internal readonly record struct ByteRange(long Start, long Length)
{
    public string ContentRange(long total) => string.Create(CultureInfo.InvariantCulture, $"bytes {Start}-{Start + Length - 1}/{total}");
}

internal enum RangeOutcome
{
    /// <summary>Send the whole: there is no range, or none that means anything here.</summary>
    Whole,

    /// <summary>Send the part.</summary>
    Part,

    /// <summary>Send the parts, of which there may be only one, as parts: the client asked for several.</summary>
    Parts,

    /// <summary>Nothing of what was asked for is there.</summary>
    Unsatisfiable,
}

/// <summary>Reads <c>Range</c> headers (RFC 9110, section 14).</summary>
internal static class ByteRanges
{
    // A client that asks for more parts than this, or for parts that overlap, gets the whole: it costs less than what was asked for.
    private const int MaxParts = 256;

    public static RangeOutcome Read(string? header, long total, out IReadOnlyList<ByteRange> parts)
    {
        parts = [];
        const string unit = "bytes=";
        if (header is null || !header.StartsWith(unit, StringComparison.OrdinalIgnoreCase))
        {
            return RangeOutcome.Whole;
        }

        var read = new List<ByteRange>();
        int asked = 0;
        ReadOnlySpan<char> set = header.AsSpan(unit.Length);
        foreach (Range at in set.Split(','))
        {
            ReadOnlySpan<char> spec = set[at].Trim();
            if (spec.IsEmpty)
            {
                continue;
            }

            if (!TryReadSpec(spec, total, out ByteRange? part))
            {
                return RangeOutcome.Whole;
            }

            asked++;
            if (part is { } satisfiable)
            {
                read.Add(satisfiable);
            }
        }

        if (asked == 0 || read.Count > MaxParts || Overlap(read))
        {
            return RangeOutcome.Whole;
        }

        if (read.Count == 0)
        {
            // Clients that pull everything in parts do not know beforehand that there is nothing to pull.
            return total == 0 ? RangeOutcome.Whole : RangeOutcome.Unsatisfiable;
        }

        parts = read;
        return asked == 1 ? RangeOutcome.Part : RangeOutcome.Parts;
    }

    // A range that ends before it starts is malformed by the letter; clients that send it want to hear that there is no such part.
    private static bool TryReadSpec(ReadOnlySpan<char> spec, long total, out ByteRange? part)
    {
        part = null;
        int dash = spec.IndexOf('-');
        if (dash < 0)
        {
            return false;
        }

        ReadOnlySpan<char> first = spec[..dash];
        ReadOnlySpan<char> last = spec[(dash + 1)..];
        long end = long.MaxValue;
        if (first.IsEmpty)
        {
            if (!TryReadNumber(last, out long suffix))
            {
                return false;
            }

            long length = Math.Min(suffix, total);
            part = length > 0 ? new ByteRange(total - length, length) : null;
            return true;
        }

        if (!TryReadNumber(first, out long start) || (!last.IsEmpty && !TryReadNumber(last, out end)))
        {
            return false;
        }

        end = Math.Min(end, total - 1);
        part = start <= end ? new ByteRange(start, end - start + 1) : null;
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        if (text.IsEmpty || text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long parsed) ? parsed : long.MaxValue;
        return true;
    }

    private static bool Overlap(List<ByteRange> parts)
    {
        long end = -1;
        foreach (ByteRange part in parts.OrderBy(static part => part.Start))
        {
            if (part.Start <= end)
            {
                return true;
            }

            end = part.Start + part.Length - 1;
        }

        return false;
    }
}
