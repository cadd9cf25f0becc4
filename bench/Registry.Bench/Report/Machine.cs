using System.Globalization;

namespace Registry.Bench.Report;

/// <summary>What a reader has to know about where the figures come from.</summary>
internal static class Machine
{
    public static string Description
    {
        get
        {
            var model = ValueOf("/proc/cpuinfo", "model name");
            var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
            var memory = long.Parse(ValueOf("/proc/meminfo", "MemTotal").Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
            return $"{model}, {Environment.ProcessorCount} cores, {memory / 1e9:0} GB of memory, Linux {kernel}";
        }
    }

    /// <summary>The type of the file system that a folder is on, for on tmpfs a flush means nothing.</summary>
    public static string FileSystemOf(string folder) => new DriveInfo(folder).DriveFormat;

    private static string ValueOf(string file, string key) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
}
