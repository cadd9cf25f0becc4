using System.Globalization;
using Registry.Bench.Servers;

namespace Registry.Bench.Measurement;

internal static class PageCache
{
    /// <summary>Writes all dirty pages of the machine to the disk, so that nobody pays for them in the next measurement.</summary>
    public static void Settle() => LibC.Sync();

    /// <summary>Bytes that are written but not yet on the disk, on the whole machine.</summary>
    public static long Unflushed() => File.ReadLines("/proc/meminfo")
        .Where(line => line.StartsWith("Dirty:", StringComparison.Ordinal) || line.StartsWith("Writeback:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024);
}
