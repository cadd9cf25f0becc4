using System.Diagnostics;
using System.Globalization;
using Registry.Bench;
using Registry.Content;
using Registry.Maintenance.Collection;
using Registry.Storage;

namespace Registry.CollectionBench;

/// <summary>One whole scan by one host at full speed, and what it took.</summary>
internal static class ScanRun
{
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Scans and tells, as a row of a table.</summary>
    /// <param name="name">What the row is called.</param>
    /// <param name="inner">The store.</param>
    /// <param name="memoryBefore">What is not the scan's of the process's memory, in bytes.</param>
    public static async Task<string> TellAsync(string name, IObjectStore inner, long memoryBefore)
    {
        var store = new CountedStore(inner);
        using var root = new ContentRoot(store, new ContentOptions(), TimeProvider.System);
        var collector = new Collector(root, new CollectionOptions { OperationsPerSecond = null }, new KeepAllPolicy());
        using var ending = new CancellationTokenSource();
        Task<long> peak = SampleAsync(ending.Token);
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        long started = Stopwatch.GetTimestamp();
        store.Restart();

        CollectionReport report = await collector.ScanAsync(dryRun: false, notSince: null, CancellationToken.None);

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        int requests = store.Restart();
        TimeSpan processor = Process.GetCurrentProcess().TotalProcessorTime - before;
        await ending.CancelAsync();
        long used = await peak - memoryBefore;
        CollectionCounts counts = report.Counts;
        long objects = counts.Blobs + counts.Refs + counts.Manifests + counts.Tags;
        if (!report.Complete || counts.BlobsCondemned + counts.Failures > 0)
        {
            throw new InvalidOperationException($"The scan was to find everything needed: {report}");
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {counts.Blobs:N0} blobs, {counts.Refs:N0} refs, {counts.Manifests:N0} manifests, {counts.Tags:N0} tags | {elapsed.TotalSeconds:N1} s | {objects / elapsed.TotalSeconds:N0}/s | {processor.TotalSeconds:N1} s | {used / 1e6:N0} MB | {requests:N0} | {(double)requests / objects:0.000} |");
    }

    private static async Task<long> SampleAsync(CancellationToken cancellationToken)
    {
        long peak = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            peak = Math.Max(peak, Environment.WorkingSet);
            await Task.Delay(SampleInterval, TimeProvider.System, CancellationToken.None);
        }

        return Math.Max(peak, Environment.WorkingSet);
    }
}
