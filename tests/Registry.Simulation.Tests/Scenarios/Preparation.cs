using Registry.Content;
using Registry.Simulation.World;

namespace Registry.Simulation.Scenarios;

/// <summary>Stores as scenarios find them. Each is made once in a thread and copied.</summary>
internal static class Preparation
{
    [ThreadStatic]
    private static Dictionary<string, StoreContent>? s_prepared;

    public static StoreContent Prepare(Scenario scenario)
    {
        string name = string.Join('|', scenario.Setup);
        Dictionary<string, StoreContent> prepared = s_prepared ??= new(StringComparer.Ordinal);
        if (!prepared.TryGetValue(name, out StoreContent? content))
        {
            prepared.Add(name, content = Make(scenario.Setup, StableHash.Of(name)));
        }

        return content.Copy();
    }

    private static StoreContent Make(Plan[] setup, ulong seed)
    {
        Guard? off = Guards.Off;
        Guards.Off = null;
        try
        {
            var content = new StoreContent { Now = Simulator.Start };
            using var node = new ContentRoot(new DirectStore(content), new ContentOptions { GracePeriod = Simulator.GracePeriod }, new StandingTime(), new SimulationRandom(seed));
            foreach (Plan plan in setup)
            {
                Task task = Clients.ActAsync(node, plan);
                if (!task.IsCompletedSuccessfully)
                {
                    throw new InvalidOperationException($"{plan} does not come about.", task.Exception);
                }
            }

            return content;
        }
        finally
        {
            Guards.Off = off;
        }
    }

    private sealed class StandingTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Simulator.Start;

        public override long GetTimestamp() => Simulator.Start.Ticks;
    }
}
