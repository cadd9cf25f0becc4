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
        OnThread.Do(() =>
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            long steps = 0;
            int bad = 0;
            for (ulong seed = 0; seed < (ulong)runs; seed++)
            {
                SimulationRun run = SimulationRun.Of(seed);
                steps += run.Steps;
                if (run.Violation is not null)
                {
                    if (bad++ < 20)
                        Console.WriteLine($"seed {seed}: {run.Violation}");
                }
            }
            Console.WriteLine($"{runs} runs, {steps} steps, {runs / watch.Elapsed.TotalSeconds:F0}/s, {bad} bad");
        });
    }
}
