using System.Globalization;
using Registry.Content;
using Registry.Simulation.Scenarios;
using Registry.Simulation.Shrinking;
using Xunit;

namespace Registry.Simulation;

/// <summary>What shows that the simulation can find something: with any one of the guards turned off, it does. The interleavings are those that find nothing when all of them hold.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private const ulong MaxRuns = 200_000;

    /// <summary>Names of guards, to look for these alone, and no further than so many interleavings.</summary>
    private const string GuardsVariable = "REGISTRY_SIMULATION_GUARDS";
    private const string RunsVariable = "REGISTRY_SIMULATION_RUNS";

    // Themes that a guard is about: only the interleavings of these are gone through. Any, where a guard is not here.
    private static readonly Dictionary<Guard, int> s_themes = new()
    {
        [Guard.ReadBeforeClaim] = Generator.Sweepers,
        [Guard.SweeperClaim] = Generator.Sweepers,
        [Guard.RenewClaim] = Generator.Sweepers,
        [Guard.LookForBytes] = Generator.Committers,
        [Guard.OwnBytesGone] = Generator.Committers,
        [Guard.LookAfterLease] = Generator.Committers,
        [Guard.LeaseBeforeBlob] = Generator.Committers,
        [Guard.BytesBeforeRecord] = Generator.BlobCollectors,
        [Guard.RecordBeforeRefs] = Generator.BlobCollectors,
        [Guard.RefsInSecondStep] = Generator.BlobCollectors,
        [Guard.ReviveTagged] = Generator.ManifestCollectors,
        [Guard.TombstonesAge] = Generator.Taggers,
        [Guard.LeavePending] = Generator.Manifests,
        [Guard.RestoreWay] = Generator.Taggers,
        [Guard.StoreClock] = Generator.Latecomers,
        [Guard.TagOnce] = Generator.Taggers,
        [Guard.ConditionAnew] = Generator.Taggers,
        [Guard.TagOfGeneration] = Generator.Latecomers,
        [Guard.LookBehindTag] = Generator.Latecomers,
        [Guard.WentBefore] = Generator.Latecomers,
        [Guard.LookAgainAtTag] = Generator.Latecomers,
        [Guard.AnnounceGuarded] = Generator.ImmutableTags,
        [Guard.HoldOffGuarded] = Generator.ImmutableTags,
        [Guard.RetainUnchanged] = Generator.Retention,
        [Guard.QuotaFirst] = Generator.QuotaLimits,
        [Guard.QuotaGivesUp] = Generator.QuotaLimits,
        [Guard.QuotaLookSince] = Generator.QuotaChanges,
        [Guard.QuotaLooksAtAbsent] = Generator.QuotaChanges,
        [Guard.QuotaMoving] = Generator.QuotaChanges,
        [Guard.ScrubSecondLook] = Generator.Scrubs,
        [Guard.ScrubOrphanTwice] = Generator.Scrubs,
    };

    public static TheoryData<string> Tried =>
    [
        .. Enum.GetValues<Guard>()
            .Where(static guard => Environment.GetEnvironmentVariable(GuardsVariable) is not { } names || names.Split(',').Contains(guard.ToString()))
            .Select(static guard => guard.ToString()),
    ];

    [Theory]
    [MemberData(nameof(Tried))]
    public void Without_a_guard_something_goes_wrong(string name)
    {
        Guard guard = Enum.Parse<Guard>(name);
        ulong runs = ulong.TryParse(Environment.GetEnvironmentVariable(RunsVariable), CultureInfo.InvariantCulture, out ulong asked) ? asked : MaxRuns;
        int theme = s_themes.GetValueOrDefault(guard, -1);
        ulong stride = theme < 0 ? 1UL : Generator.Themes;
        SimulationRun? found = OnThread.FirstOf(0, runs, number =>
        {
            Guards.Off = guard;
            ulong seed = (number * stride) + (ulong)Math.Max(theme, 0);
            SimulationRun run = SimulationRun.Of(seed);
            return run.Violation is null ? null : run;
        });
        Assert.True(found is not null, $"Nothing goes wrong without {name} in {runs} interleavings.");

        string? otherwise = null;
        string story = "";
        OnThread.Do(() =>
        {
            otherwise = SimulationRun.Of(found.Seed).Violation;
            Guards.Off = guard;
            story = Shrinker.Shrink(found).Tell();
        });
        Assert.True(otherwise is null, $"Seed {found.Seed} goes wrong with {name} too: {otherwise}");
        string took = string.Create(CultureInfo.InvariantCulture, $"{name}: {(found.Seed / stride) + 1} interleavings{(theme < 0 ? "" : $" of theme {theme}")}. {found.Violation}");
        output.WriteLine($"{took}\n{story}");
        TestContext.Current.SendDiagnosticMessage(took);
    }
}
