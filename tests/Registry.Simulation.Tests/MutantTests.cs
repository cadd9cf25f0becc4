using System.Globalization;
using Registry.Content;
using Registry.Simulation.Shrinking;
using Xunit;

namespace Registry.Simulation;

/// <summary>What shows that the simulation can find something: with any one of the guards turned off, it does. The interleavings are those that find nothing when all of them hold.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private const ulong MaxRuns = 1_000_000;

    /// <summary>Names of guards, to look for these alone, and no further than so many interleavings.</summary>
    private const string GuardsVariable = "REGISTRY_SIMULATION_GUARDS";
    private const string RunsVariable = "REGISTRY_SIMULATION_RUNS";

    /// <summary>Set to 1 where the deep ones are tried, which takes hours, instead of those that show soon.</summary>
    private const string DeepVariable = "REGISTRY_SIMULATION_DEEP";

    // Those that it takes several steps at the right moments to miss, and time.
    private static readonly Guard[] s_deep =
    [
        Guard.ReviveTagged, Guard.ReadBeforeClaim, Guard.LookForBytes, Guard.LeaseBeforeBlob, Guard.LookAfterLease, Guard.RecordBeforeRefs, Guard.RefsInSecondStep, Guard.TombstonesAge, Guard.BurntStays,
    ];

    public static TheoryData<string> Tried =>
    [
        .. Enum.GetValues<Guard>()
            .Where(static guard => Environment.GetEnvironmentVariable(GuardsVariable) is { } names
                ? names.Split(',').Contains(guard.ToString())
                : Environment.GetEnvironmentVariable(DeepVariable) == "1" == s_deep.Contains(guard))
            .Select(static guard => guard.ToString()),
    ];

    [Theory]
    [MemberData(nameof(Tried))]
    public void Without_a_guard_something_goes_wrong(string name)
    {
        Guard guard = Enum.Parse<Guard>(name);
        ulong runs = ulong.TryParse(Environment.GetEnvironmentVariable(RunsVariable), CultureInfo.InvariantCulture, out ulong asked) ? asked : MaxRuns;
        SimulationRun? found = OnThread.FirstOf(0, runs, seed =>
        {
            Guards.Off = guard;
            SimulationRun run = SimulationRun.Of(seed);
            return run.Violation is null ? null : run;
        });
        Assert.True(found is not null, $"Nothing goes wrong without {name} in {runs} interleavings.");

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
