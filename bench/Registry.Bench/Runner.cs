using System.Net.Sockets;
using System.Text.Json;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Report;
using Registry.Bench.Servers;
using Registry.Bench.Workloads;

namespace Registry.Bench;

/// <summary>Runs rows against both servers in turn.</summary>
/// <param name="store">What both keep their data in, each in a bucket; null for folders.</param>
/// <param name="folder">The run's own folder for the servers' data.</param>
/// <param name="keepFolder">Where data that a later run can use is kept; null to keep nothing.</param>
internal sealed class Runner(Target subject, Target peer, SharedStore? store, int repeats, string folder, string? keepFolder, TextWriter progress)
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
        var bulk = store is not null ? 0 : suite.Rows.Sum(row => row.DiskNeeded(TimesOf(row))) * targets.Length;
        if (new DriveInfo(folder).AvailableFreeSpace < bulk + Reserve)
        {
            var skipped = $"needs {Text.Length(bulk + Reserve)} of disk";
            results.AddRange(suite.Rows.Select(row => new RowResult(row.Name, row.Unit) { Skipped = skipped }));
            return;
        }

        if (store is not null)
        {
            await store.RenewAsync(targets, cancellationToken);
        }

        var failure = await PrepareAsync(suite, data, cancellationToken);
        foreach (var row in suite.Rows)
        {
            var result = new RowResult(row.Name, row.Unit) { Failure = failure };
            if (failure is null)
            {
                await RunAsync(suite, row, result, data, cancellationToken);
            }

            results.Add(result);
            await progress.WriteLineAsync($"{row.Name}: {result.Failure ?? Text.Number(result.Ratio)}");
        }

        await DisposeServersAsync();
        if (bulk > 0 && Directory.Exists(data))
        {
            // The others are small but many files, which can take minutes to delete: that waits until the report is out.
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>Makes the content and fills the servers. Returns why that failed, or null.</summary>
    private async Task<string?> PrepareAsync(Suite suite, string data, CancellationToken cancellationToken)
    {
        foreach (var row in suite.Rows)
        {
            row.Prepare(TimesOf(row));
        }

        if (suite.Fill is not { } fill)
        {
            return null;
        }

        await progress.WriteLineAsync($"{suite.Name}: filling");
        try
        {
            await RestartAsync(suite, data, cancellationToken);
            // Both at once: nothing is measured here, and each waits for the disk most of the time.
            await Task.WhenAll(targets.Select(target => Task.Factory.StartNew(
                () => fill(target, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            return null;
        }
        catch (Exception exception) when (IsServerFault(exception))
        {
            return exception.Message;
        }
    }

    private async Task RunAsync(Suite suite, Workload row, RowResult result, string data, CancellationToken cancellationToken)
    {
        try
        {
            await RestartAsync(suite, data, cancellationToken);
            foreach (var target in targets)
            {
                row.WarmUp(target, cancellationToken);
            }

            for (var repeat = 0; repeat < TimesOf(row); repeat++)
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
    }

    private int TimesOf(Workload row) => Math.Min(repeats, row.MaxRepeats);

    /// <summary>A new process for every row, so that no row pays for the memory or the garbage of the one before.</summary>
    private async Task RestartAsync(Suite suite, string data, CancellationToken cancellationToken)
    {
        foreach (var target in targets)
        {
            var setup = new Setup(Path.Combine(data, $"{target.Label}-{target.Server.Name}"), store?.BucketOf(target), suite.Redirects, suite.Scopes);
            await target.RestartAsync(setup, cancellationToken);
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
}
