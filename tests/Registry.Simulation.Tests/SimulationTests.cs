using System.Diagnostics;
using System.Globalization;
using Registry.Simulation.Shrinking;
using Xunit;

namespace Registry.Simulation;

/// <summary>Interleavings of nodes, clients and collectors, each decided by its seed.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const string RunsVariable = "REGISTRY_SIMULATION_RUNS";
    private const string SeedVariable = "REGISTRY_SIMULATION_SEED";

    // What CI has time for.
    private const int Runs = 30_000;

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
    public void A_run_can_be_made_again_from_its_choices()
    {
        OnThread.Do(() =>
        {
            for (ulong seed = 0; seed < 100; seed++)
            {
                SimulationRun run = SimulationRun.Of(seed);

                Assert.Equal(run.Trace, SimulationRun.Replay(seed, run.Scenario, run.Choices).Trace);
            }
        });
    }

    [Fact]
    public void Whatever_can_be_pulled_is_whole_what_was_told_is_so_and_nothing_is_left_at_rest()
    {
        ulong runs = Read(RunsVariable, Runs);
        ulong first = Read(SeedVariable, 0);
        var watch = Stopwatch.StartNew();
        long gone = 0;
        long steps = 0;
        SimulationRun? failed = OnThread.FirstOf(first, first + runs, seed =>
        {
            SimulationRun run = SimulationRun.Of(seed);
            Interlocked.Increment(ref gone);
            Interlocked.Add(ref steps, run.Steps);
            return run.Violation is null ? null : run;
        });
        string rate = string.Create(CultureInfo.InvariantCulture, $"{gone} interleavings of {steps} steps, {gone / watch.Elapsed.TotalSeconds:F0} a second.");
        output.WriteLine(rate);
        TestContext.Current.SendDiagnosticMessage(rate);
        Assert.True(failed is null, Describe(failed));
    }

    private static string Describe(SimulationRun? failed)
    {
        string story = "";
        if (failed is not null)
        {
            OnThread.Do(() => story = $"Seed {failed.Seed} ({SeedVariable}={failed.Seed} {RunsVariable}=1): {failed.Violation}\n{Shrinker.Shrink(failed).Tell()}");
        }

        return story;
    }

    private static ulong Read(string variable, ulong otherwise) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out ulong value) ? value : otherwise;
}
