using System.Diagnostics;
using Registry.Content;
using Registry.Simulation.Shrinking;
using Xunit;

namespace Registry.Simulation;

/// <summary>What shows that the simulation can find something: without any one of the guards, it does.</summary>
public sealed class MutantTests
{
    [Fact]
    public void Show()
    {
        ulong max = ulong.Parse(Environment.GetEnvironmentVariable("REGISTRY_SIMULATION_MUTANT_RUNS") ?? "3000");
        string only = Environment.GetEnvironmentVariable("MUTANT") ?? "";
        OnThread.Do(() =>
        {
            foreach (Guard guard in Enum.GetValues<Guard>())
            {
                if (only.Length > 0 && !only.Split(',').Contains(guard.ToString()))
                    continue;
                Guards.Off = guard;
                var watch = Stopwatch.StartNew();
                SimulationRun? found = null;
                ulong seed = 0;
                for (; seed < max && found is null; seed++)
                {
                    SimulationRun run = SimulationRun.Of(seed);
                    found = run.Violation is null ? null : run;
                }

                Console.WriteLine(found is null ? $"-- {guard}: nothing in {max}" : $"{guard}: {seed} in {watch.ElapsedMilliseconds} ms: {found.Violation!.Split('\n')[0]}");
                if (found is not null && only.Length > 0) Console.WriteLine(Shrinker.Shrink(found).Tell());
                Guards.Off = null;
            }
        });
    }
}
