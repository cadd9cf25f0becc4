using System.Net.Sockets;
using System.Text.Json;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Report;
using Registry.Bench.Servers;
using Registry.Bench.Workloads;

namespace Registry.Bench;

/// <summary>Runs rows against both servers in turn.</summary>
/// <param name="folder">The run's own folder for the servers' data.</param>
/// <param name="keepFolder">Where data that a later run can use is kept; null to keep nothing.</param>
internal sealed class Runner(Target subject, Target peer, int repeats, string folder, string? keepFolder, TextWriter progress)
{
    /// <summary>Left free on the disk, in bytes.</summary>
    private const long Reserve = 2_000_000_000;

    private readonly Target[] targets = [subject, peer];

    public async Task<IReadOnlyList<RowResult>> RunAsync(IEnumerable<Suite> suites, CancellationToken cancellationToken)
    {
        var results = new List<RowResult>();
        foreach (var suite in suites)
        {
            await RunAsync(suite, results, cancellationToken);
        }

        return results;
    }

    private async Task RunAsync(Suite suite, List<RowResult> results, CancellationToken cancellationToken)
    {
        var data = keepFolder is not null && suite.KeepAs is { } name
            ? Path.Combine(keepFolder, name)
            : Path.Combine(folder, $"{results.Count}");
        try
        {
            if (suite.Fill is { } fill)
            {
                await progress.WriteLineAsync($"{suite.Name}: filling");
                await RestartAsync(data, cancellationToken);
                // Both at once: nothing is measured here, and each waits for the disk most of the time.
                await Task.WhenAll(targets.Select(target => Task.Factory.StartNew(
                    () => fill(target, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            }
        }
        catch (Exception exception) when (IsServerFault(exception))
        {
            await progress.WriteLineAsync($"{suite.Name}: {exception.Message}");
            results.AddRange(suite.Rows.Select(row => new RowResult(row.Name, row.Unit) { Failure = exception.Message }));
            return;
        }

        foreach (var row in suite.Rows)
        {
            var result = await RunAsync(row, data, cancellationToken);
            results.Add(result);
            await progress.WriteLineAsync($"{row.Name}: {Summary(result)}");
        }

        await DisposeServersAsync();
        if (suite.Rows.Any(row => row.DiskPerRepeat > 0) && Directory.Exists(data))
        {
            // The others are small but many files, which can take minutes to delete: that waits until the report is out.
            Directory.Delete(data, recursive: true);
        }
    }

    private async Task<RowResult> RunAsync(Workload row, string data, CancellationToken cancellationToken)
    {
        var times = Math.Min(repeats, row.MaxRepeats);
        var needed = (row.DiskPerRepeat * times * targets.Length) + Reserve;
        if (new DriveInfo(folder).AvailableFreeSpace < needed)
        {
            return new RowResult(row.Name, row.Unit) { Skipped = $"needs {Text.Length(needed)} of disk" };
        }

        var result = new RowResult(row.Name, row.Unit);
        try
        {
            row.Prepare(times);
            await RestartAsync(data, cancellationToken);
            foreach (var target in targets)
            {
                row.WarmUp(target, cancellationToken);
            }

            for (var repeat = 0; repeat < times; repeat++)
            {
                foreach (var target in targets)
                {
                    PageCache.Settle();
                    (target == subject ? result.Subject : result.Peer).Add(row.Run(target, repeat, cancellationToken));
                }
            }
        }
        catch (Exception exception) when (IsServerFault(exception))
        {
            result.Failure = exception.Message;
        }

        return result;
    }

    /// <summary>A new process for every row, so that no row pays for the memory or the garbage of the one before.</summary>
    private async Task RestartAsync(string data, CancellationToken cancellationToken)
    {
        foreach (var target in targets)
        {
            await target.RestartAsync(Path.Combine(data, target.Label), cancellationToken);
        }
    }

    private async Task DisposeServersAsync()
    {
        foreach (var target in targets)
        {
            await target.DisposeAsync();
        }
    }

    private static bool IsServerFault(Exception exception) =>
        exception is ProtocolException or ServerException or SocketException or IOException or JsonException;

    private static string Summary(RowResult result) => result.Failure ?? result.Skipped ?? Text.Number(result.Ratio);
}
