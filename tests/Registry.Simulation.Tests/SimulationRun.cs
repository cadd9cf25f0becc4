using System.Globalization;
using System.Text;
using Registry.Simulation.Scenarios;
using Registry.Simulation.World;

namespace Registry.Simulation;

/// <summary>One interleaving: a scenario and the choices that were made, which decide everything.</summary>
internal sealed record SimulationRun(ulong Seed, string? Violation, ulong Trace, int Steps, Scenario Scenario, IReadOnlyList<Choice> Choices)
{
    /// <summary>The interleaving of a seed.</summary>
    public static SimulationRun Of(ulong seed)
    {
        var random = new SimulationRandom(seed);
        Scenario scenario = Generator.Draw(random, (int)(seed % Generator.Themes));
        var schedule = new RandomSchedule(random, scenario);
        using var simulator = new Simulator(scenario, seed);
        string? violation = simulator.Run(schedule);
        return new SimulationRun(seed, violation, simulator.Trace, simulator.Step, scenario, schedule.Choices);
    }

    /// <summary>An interleaving whose choices are given.</summary>
    public static SimulationRun Replay(ulong seed, Scenario scenario, IReadOnlyList<Choice> choices, List<string>? story = null)
    {
        var schedule = new ReplaySchedule(choices);
        using var simulator = new Simulator(scenario, seed) { Story = story };
        string? violation = simulator.Run(schedule);
        return new SimulationRun(seed, violation, simulator.Trace, simulator.Step, scenario, schedule.Made);
    }

    /// <summary>What happened, line by line.</summary>
    public string Tell()
    {
        var lines = new List<string>();
        SimulationRun told = Replay(Seed, Scenario, Choices, lines);
        var story = new StringBuilder();
        story.AppendLine(CultureInfo.InvariantCulture, $"Before: {(Scenario.Setup.Length == 0 ? "nothing" : string.Join(", ", Scenario.Setup))}; {Scenario.SinceSetup} ago. Clocks {string.Join(", ", Scenario.Clocks)}, the store's {Scenario.StoreClock}; pages of {Scenario.PageKeys}; caches for {Scenario.CacheLifetime}; {(Scenario.ConditionalDeletes ? "" : "no ")}conditional deletes; untagged {(Scenario.CollectUntagged ? "collected" : "kept")}, orphans {(Scenario.CollectOrphans ? "collected" : "kept")}.");
        for (int i = 0; i < lines.Count; i++)
        {
            story.AppendLine(CultureInfo.InvariantCulture, $"{i + 1,4}  {lines[i]}");
        }

        return story.AppendLine(CultureInfo.InvariantCulture, $"Then: {told.Violation ?? "all is well"}").ToString();
    }
}
