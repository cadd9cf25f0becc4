using System.Diagnostics;
using Registry.Bench.Http;

namespace Registry.Bench.Measurement;

/// <summary>One thread of the load, with a connection of its own.</summary>
internal sealed class Worker(int index, RegistryClient client, long[] latencies, CancellationToken aborted)
{
    public int Index => index;

    public RegistryClient Client => client;

    /// <summary>Set when another worker failed or the run is being ended.</summary>
    public CancellationToken Aborted => aborted;

    public static long Now => Stopwatch.GetTimestamp();

    /// <summary>Notes that an operation that began at <paramref name="start"/> is over. Each operation is noted once.</summary>
    public void Record(int operation, long start) => latencies[operation] = Now - start;
}
