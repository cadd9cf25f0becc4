using Registry.Simulation.Scenarios;
using Registry.Simulation.World;

namespace Registry.Simulation;

/// <summary>One interleaving, all of which its seed decides.</summary>
internal sealed record SimulationRun(ulong Seed, string? Violation, ulong Trace, int Steps, Scenario Scenario, IReadOnlyList<Choice> Choices)
{
    public static SimulationRun Of(ulong seed)
    {
        var random = new SimulationRandom(seed);
        Scenario scenario = Generator.Draw(random);
        var schedule = new RandomSchedule(random);
        using var simulator = new Simulator(scenario, seed);
        string? violation = simulator.Run(schedule);
        return new SimulationRun(seed, violation, simulator.Trace, simulator.Step, scenario, schedule.Choices);
    }
}
