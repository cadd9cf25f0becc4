using System.Diagnostics;
using System.Globalization;

namespace Registry.TestServers.Processes;

/// <summary>
/// The one folder that everything of a test run lives in. Container engines mount things below it, so it is unmounted
/// before it is deleted; what a killed run left behind goes when the next run starts.
/// </summary>
public sealed class TempRoot : IAsyncDisposable
{
    private const string Prefix = "registry-e2e-";
    private readonly bool _keep;
    private int _next;

    private TempRoot(string path, bool keep)
    {
        DirectoryPath = path;
        _keep = keep;
    }

    public string DirectoryPath { get; }

    /// <param name="keep">Leave the folder (its logs) behind for somebody to look at.</param>
    /// <param name="cancellationToken">Stops the sweep of earlier runs' folders.</param>
    public static async Task<TempRoot> CreateAsync(bool keep, CancellationToken cancellationToken)
    {
        // Unix domain sockets take about 100 characters, so the path is kept short: below /tmp, whatever TMPDIR says.
        const string parent = "/tmp";
        foreach (var left in Directory.EnumerateDirectories(parent, Prefix + "*"))
        {
            var pid = Path.GetFileName(left)[Prefix.Length..];
            if (!keep && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && !Directory.Exists($"/proc/{id}"))
            {
                await RemoveAsync(left, cancellationToken);
            }
        }

        var path = Path.Combine(parent, Prefix + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(path);
        return new TempRoot(path, keep);
    }

    /// <summary>A new empty folder, named so that a person can find it.</summary>
    public string NewDirectory(string name)
    {
        var path = Path.Combine(DirectoryPath, $"{name}-{Interlocked.Increment(ref _next)}");
        Directory.CreateDirectory(path);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_keep)
        {
            await RemoveAsync(DirectoryPath, CancellationToken.None);
        }
    }

    private static async Task RemoveAsync(string path, CancellationToken cancellationToken)
    {
        await UnmountBelowAsync(path, cancellationToken);
        Directory.Delete(path, recursive: true);
    }

    private static async Task UnmountBelowAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists("/proc/self/mounts"))
        {
            return;
        }

        var mounts = (await File.ReadAllLinesAsync("/proc/self/mounts", cancellationToken))
            .Select(line => line.Split(' ')[1])
            .Where(mount => mount.StartsWith(path + "/", StringComparison.Ordinal))
            .OrderByDescending(mount => mount.Length);
        foreach (var mount in mounts)
        {
            using var umount = Process.Start(new ProcessStartInfo("umount", ["--lazy", mount]));
            await (umount?.WaitForExitAsync(cancellationToken) ?? Task.CompletedTask);
        }
    }
}
