using System.Globalization;
using System.Text;
using Registry.Bench.Measurement;

namespace Registry.Bench.Report;

/// <summary>Writes the results of each comparison as two tables: the ratios, and the figures that they come from.</summary>
internal static class MarkdownReport
{
    /// <summary>Processor time is counted in hundredths of a second: a ratio of less than this many seconds says nothing.</summary>
    private const double LeastProcessorTime = 0.05;

    /// <summary>How much of the processor time others, the kernel's own threads among them, may take before the report says so.</summary>
    private const double QuietShare = 0.1;

    public static string Write(RunDescription run, IReadOnlyList<Section> sections)
    {
        var text = new StringBuilder();
        WriteRun(text, run, sections);
        if (!run.OnObjectStore)
        {
            WriteWarning(text, [.. sections.SelectMany(section => section.Rows)]);
        }

        foreach (var (comparison, _, rows) in sections)
        {
            WriteRatios(text, comparison, rows);
            WriteFigures(text, comparison, rows);
            WriteNotes(text, rows);
        }

        return text.ToString();
    }

    private static void WriteRun(StringBuilder text, RunDescription run, IReadOnlyList<Section> sections)
    {
        Line(text, $"# Benchmark, {run.Started:yyyy-MM-dd HH:mm} UTC");
        Line(text, $"");
        foreach (var server in sections.SelectMany(section => section.Servers).Distinct(StringComparer.Ordinal))
        {
            Line(text, $"- {server}");
        }

        Line(text, $"- Machine: {Machine.Description}");
        Line(text, $"- Data: {run.Data}");
        Line(text, $"- Run: {run.Scale} scale, {run.Repeats} repeats, the servers in turn, median of the repeats");
        Line(text, $"- Seed {run.Seed}; {run.Elapsed.TotalMinutes:0.0} minutes");
        Line(text, $"- Client on the same machine, over loopback. MB = 1,000,000 bytes.");
        Line(text, $"");
    }

    private static void WriteWarning(StringBuilder text, IReadOnlyList<RowResult> rows)
    {
        var slices = rows.SelectMany(row => row.Subject.Concat(row.Peer)).ToList();
        var share = slices.Sum(slice => slice.OtherProcessor ?? 0) / (slices.Sum(slice => slice.Seconds) * Environment.ProcessorCount);
        if (share > QuietShare)
        {
            Line(text, $"**The machine had other work to do: {share:P0} of its processor time. Do not trust small differences.**");
            Line(text, $"");
        }
    }

    private static void WriteRatios(StringBuilder text, Comparison comparison, IReadOnlyList<RowResult> rows)
    {
        Line(text, $"## {comparison.Heading}");
        Line(text, $"");
        Row(text, "row", comparison.First, comparison.Second, "ratio", "over the repeats", "p50", "p99", "server CPU", "peak memory");
        Row(text, "---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:");
        foreach (var row in rows)
        {
            if ((row.Failure ?? row.Skipped) is { } reason)
            {
                Line(text, $"| {row.Name} | {(row.Failure is null ? "skipped" : "**failed**")}: {Cell(reason)} | | | | | | | |");
                continue;
            }

            var subject = RowResult.Median(row.Subject, slice => slice.Throughput);
            var peer = RowResult.Median(row.Peer, slice => slice.Throughput);
            var ratios = row.Subject.Zip(row.Peer, (ours, theirs) => ours.Throughput / theirs.Throughput).ToList();
            Row(
                text,
                row.Name,
                $"{Text.Number(comparison.IsPeerFirst ? peer : subject)} {row.Unit}",
                $"{Text.Number(comparison.IsPeerFirst ? subject : peer)} {row.Unit}",
                $"**{Text.Number(row.Ratio)}**",
                $"{Text.Number(ratios.Min())} - {Text.Number(ratios.Max())}",
                Less(row, slice => slice.Percentile(50)),
                Less(row, slice => slice.Percentile(99)),
                Less(row, slice => slice.ServerProcessor, LeastProcessorTime),
                Less(row, slice => slice.PeakMemory));
        }

        Line(text, $"");
    }

    private static void WriteFigures(StringBuilder text, Comparison comparison, IReadOnlyList<RowResult> rows)
    {
        Line(text, $"## Figures: {comparison.First} / {comparison.Second}");
        Line(text, $"");
        Row(text, "row", "seconds", "p50 ms", "p99 ms", "server CPU s", "client CPU s", "other CPU s", "peak memory MB", "MB not on disk");
        Row(text, "---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:");
        foreach (var row in rows.Where(row => row.Failure is null && row.Skipped is null))
        {
            Row(
                text,
                row.Name,
                Both(comparison, row, slice => slice.Seconds),
                Both(comparison, row, slice => slice.Percentile(50)),
                Both(comparison, row, slice => slice.Percentile(99)),
                Both(comparison, row, slice => slice.ServerProcessor),
                Both(comparison, row, slice => slice.ClientProcessor),
                Both(comparison, row, slice => slice.OtherProcessor),
                Both(comparison, row, slice => slice.PeakMemory / 1e6),
                Both(comparison, row, slice => slice.Unflushed / 1e6));
        }

        Line(text, $"");
    }

    private static void WriteNotes(StringBuilder text, IReadOnlyList<RowResult> rows)
    {
        var before = text.Length;
        foreach (var row in rows.Where(row => row.Subject.Count > 0 && row.Peer.Count > 0 && row.Failure is null))
        {
            // The last repeat's: where a note has figures, the first one's may be those of code that was not compiled to the end.
            if (row.Subject[^1].Note is { } subject && row.Peer[^1].Note is { } peer)
            {
                Line(text, $"- {row.Name}: {subject}, {peer}.");
            }
        }

        if (text.Length > before)
        {
            Line(text, $"");
        }
    }

    /// <summary>The ratio of a figure of which less is better.</summary>
    private static string Less(RowResult row, Func<Slice, double?> figure, double least = 0)
    {
        var subject = RowResult.Median(row.Subject, figure);
        var peer = RowResult.Median(row.Peer, figure);
        return subject > least && peer > least ? Text.Number(peer / subject) : "-";
    }

    private static string Both(Comparison comparison, RowResult row, Func<Slice, double?> figure)
    {
        var subject = Text.Number(RowResult.Median(row.Subject, figure));
        var peer = Text.Number(RowResult.Median(row.Peer, figure));
        return comparison.IsPeerFirst ? $"{peer} / {subject}" : $"{subject} / {peer}";
    }

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);

    private static void Row(StringBuilder text, params ReadOnlySpan<string> cells)
    {
        foreach (var cell in cells)
        {
            text.Append("| ").Append(cell).Append(' ');
        }

        text.Append("|\n");
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}

/// <summary>What was run, and where.</summary>
internal sealed record RunDescription(
    DateTimeOffset Started,
    TimeSpan Elapsed,
    string Scale,
    int Repeats,
    ulong Seed,
    string Data,
    bool OnObjectStore);
