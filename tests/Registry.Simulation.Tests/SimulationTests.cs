using Registry.Simulation.Shrinking;
using Xunit;

namespace Registry.Simulation;

public sealed class SimulationTests
{
    [Fact]
    public void A_seed_decides_everything()
    {
        OnThread.Do(() =>
        {
            for (ulong seed = 0; seed < 300; seed++)
            {
                Assert.Equal(SimulationRun.Of(seed).Trace, SimulationRun.Of(seed).Trace);
            }
        });
    }

    [Fact]
    public void Nothing_that_can_be_pulled_is_ever_incomplete()
    {
        int runs = int.Parse(Environment.GetEnvironmentVariable("REGISTRY_SIMULATION_RUNS") ?? "5000");
        ulong first = ulong.Parse(Environment.GetEnvironmentVariable("REGISTRY_SIMULATION_SEED") ?? "0");
        int show = int.Parse(Environment.GetEnvironmentVariable("SHOW") ?? "1");
        OnThread.Do(() =>
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            long steps = 0;
            int bad = 0;
            var kinds = new Dictionary<string, int>();
            for (ulong seed = first; seed < first + (ulong)runs; seed++)
            {
                SimulationRun run = SimulationRun.Of(seed);
                steps += run.Steps;
                if (run.Violation is not null)
                {
                    bad++;
                    string kind = System.Text.RegularExpressions.Regex.Replace(run.Violation, "b[012]|I0|I1|X01|X0|R\\b|[0-9a-z]{26}", "*");
                    kind = kind[..Math.Min(60, kind.Length)];
                    kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                    if (kinds[kind] <= show && kinds.Count < 6)
                    {
                        SimulationRun small = Shrinker.Shrink(run);
                        Console.WriteLine($"seed {seed}: {run.Violation}\n{small.Tell()}");
                    }
                }
            }
            foreach (var k in kinds) Console.WriteLine($"{k.Value} {k.Key}");
            Console.WriteLine($"{runs} runs, {steps} steps, {runs / watch.Elapsed.TotalSeconds:F0}/s, {bad} bad");
        });
    }
}
