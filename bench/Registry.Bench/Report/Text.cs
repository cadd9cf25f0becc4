using System.Globalization;

namespace Registry.Bench.Report;

/// <summary>Numbers as people read them; a kilobyte is 1000 bytes.</summary>
internal static class Text
{
    public static string Length(long bytes) => bytes switch
    {
        >= 1_000_000_000 when bytes % 1_000_000_000 == 0 => $"{bytes / 1_000_000_000} GB",
        >= 1_000_000 => $"{bytes / 1_000_000} MB",
        _ => $"{bytes / 1_000} KB",
    };

    /// <summary>Three significant digits, and no exponent.</summary>
    public static string Number(double number) => number switch
    {
        0 => "0",
        < 10 => number.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => number.ToString("0.0", CultureInfo.InvariantCulture),
        _ => number.ToString("0", CultureInfo.InvariantCulture),
    };

    public static string Number(double? number) => number is { } known ? Number(known) : "-";
}
