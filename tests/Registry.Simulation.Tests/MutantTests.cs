using System.Globalization;
using Registry.Content;
using Registry.Simulation.Shrinking;
using Xunit;

namespace Registry.Simulation;

/// <summary>What shows that the simulation can find something: with any one of the guards turned off, it does. The interleavings are those that find nothing when all of them hold.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private const ulong MaxRuns = 1_000_000;

    public static TheoryData<string> All => [.. Enum.GetNames<Guard>()];

    [Theory]
    [MemberData(nameof(All))]
    public void Without_a_guard_something_goes_wrong(string name)
    {
        Guard guard = Enum.Parse<Guard>(name);
        SimulationRun? found = OnThread.FirstOf(0, MaxRuns, seed =>
        {
            Guards.Off = guard;
            SimulationRun run = SimulationRun.Of(seed);
            return run.Violation is null ? null : run;
        });
        Assert.True(found is not null, $"Nothing goes wrong without {name} in {MaxRuns} interleavings.");

        string story = "";
        OnThread.Do(() =>
        {
            Guards.Off = guard;
            story = Shrinker.Shrink(found).Tell();
        });
        string took = string.Create(CultureInfo.InvariantCulture, $"{name}: {found.Seed + 1} interleavings. {found.Violation}");
        output.WriteLine($"{took}\n{story}");
        TestContext.Current.SendDiagnosticMessage(took);
    }
}
