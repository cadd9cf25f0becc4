using System.Diagnostics;
using System.Globalization;
using System.Text;
using Registry.EndToEnd.Tests.Crash;
using Registry.EndToEnd.Tests.Hosting;

namespace Registry.EndToEnd.Tests.Collection;

/// <summary>Clients push, pull, delete and push again through two hosts whose collectors run all the time: neither the store nor the hosts' memory grows, and all is there at the end.</summary>
public sealed class SoakTests(TestRun run)
{
    private const double StoreMayGrow = 1.2;
    private const double MemoryMayGrow = 1.25;

    // A shorter soak shows that the test works; what the hosts' runtime still warms up is no leak.
    private static readonly TimeSpan Judged = TimeSpan.FromMinutes(3);

    // As hosts have it by default.
    private static readonly TimeSpan Caching = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_store_and_the_memory_of_hosts_stay_as_they_are_while_clients_push_and_delete()
    {
        var minutes = SeededRounds.FromEnvironment("REGISTRY_E2E_SOAK_MINUTES", 0);
        var length = minutes > 0 ? TimeSpan.FromMinutes(minutes) : TimeSpan.FromSeconds(20);
        var rounds = new SeededRounds(1, "");
        await using var hosts = await CollectingHosts.StartAsync(run, CollectingHosts.TwoOnFolder, Caching, Cancelled);
        var churners = new ChurnGroup("soak", 4, rounds.Random, Caching + TimeSpan.FromSeconds(5));
        var samples = new List<Sample>();
        string left = "";

        await rounds.RunAsync(() => $"{Table(samples)}\n{hosts.LogTail()}", async () =>
        {
            var stop = new TaskCompletionSource();
            var working = churners.WorkAsync(hosts.Http, Fuse.Never(), goesOn: true, stop.Task, Cancelled);
            var clock = Stopwatch.StartNew();
            using (var timer = new PeriodicTimer(minutes > 0 ? TimeSpan.FromSeconds(10) : TimeSpan.FromSeconds(1)))
            {
                while (clock.Elapsed < length && !working.IsCompleted && await timer.WaitForNextTickAsync(Cancelled))
                {
                    samples.Add(new Sample(clock.Elapsed, hosts.StoredBytes(), await hosts.ReadMemoryAsync(Cancelled), churners.Pushed, churners.Deleted));
                }
            }

            stop.SetResult();
            await working;
            foreach (var host in hosts.All)
            {
                await churners.VerifyAsync(host.Http, Cancelled);
            }

            await churners.DeleteAllAsync(hosts.Http, rounds.Random, Cancelled);
            left = await hosts.AssertBecomesEmptyAsync(rounds: 0, Cancelled);
            await hosts.AssertCollectorsWorkedAsync(Cancelled);
        });

        TestContext.Current.TestOutputHelper?.WriteLine($"{Table(samples)}\n{rounds}, {churners}; at the end {left}");
        if (length >= Judged)
        {
            AssertFlat("The store", samples, sample => sample.StoredBytes, StoreMayGrow);
            AssertFlat("The hosts' memory", samples, sample => sample.Memory.ResidentBytes, MemoryMayGrow);
        }
    }

    /// <summary>The last third is on average no more than the middle one, and a little.</summary>
    private static void AssertFlat(string what, List<Sample> samples, Func<Sample, long> value, double mayGrow)
    {
        var third = samples.Count / 3;
        var middle = samples.Skip(third).Take(third).Average(value);
        var last = samples.TakeLast(third).Average(value);
        Assert.True(last <= middle * mayGrow, string.Create(CultureInfo.InvariantCulture, $"{what} grew from {middle:N0} to {last:N0} bytes:\n{Table(samples)}"));
    }

    private static string Table(List<Sample> samples)
    {
        var table = new StringBuilder("    time    store KiB   memory KiB  managed KiB     live KiB    pushed   deleted\n");
        foreach (var sample in samples)
        {
            table.AppendLine(CultureInfo.InvariantCulture, $"{sample.At,8:hh\\:mm\\:ss}{sample.StoredBytes / 1024,13:N0}{sample.Memory.ResidentBytes / 1024,13:N0}{sample.Memory.CommittedBytes / 1024,13:N0}{sample.Memory.LiveBytes / 1024,13:N0}{sample.Pushed,10:N0}{sample.Deleted,10:N0}");
        }

        return table.ToString();
    }

    private sealed record Sample(TimeSpan At, long StoredBytes, HostMemory Memory, int Pushed, int Deleted);
}
