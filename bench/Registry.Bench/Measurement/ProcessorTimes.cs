using System.Globalization;
using Registry.Bench.Servers;

namespace Registry.Bench.Measurement;

/// <summary>Who has used how much processor time so far, in seconds over all cores.</summary>
/// <param name="Server">Null where the server's process is not ours.</param>
/// <param name="Machine">Everything, idle time excepted.</param>
internal readonly record struct ProcessorTimes(double? Server, double Client, double Machine)
{
    /// <summary>Linux reports to user space in hundredths of a second, whatever its own tick is.</summary>
    public const double TicksPerSecond = 100;

    /// <summary>What is neither ours nor the server's, the kernel's own threads included.</summary>
    public double? Other => Server is { } server ? Math.Max(0, Machine - server - Client) : null;

    public static ProcessorTimes operator -(ProcessorTimes after, ProcessorTimes before) =>
        new(after.Server - before.Server, after.Client - before.Client, after.Machine - before.Machine);

    public static ProcessorTimes Read(Target target)
    {
        // cpu user nice system idle iowait irq softirq steal guest guest_nice; the guests' time is part of user already.
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var machine = ((int[])[1, 2, 3, 6, 7, 8]).Sum(i => long.Parse(fields[i], CultureInfo.InvariantCulture)) / TicksPerSecond;
        return new ProcessorTimes(target.Process?.ProcessorSeconds, Environment.CpuUsage.TotalTime.TotalSeconds, machine);
    }
}
