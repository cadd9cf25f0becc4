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
            using var node = new Process(new DirectStore(content), new Scenario { CollectUntagged = true, CollectOrphans = true, ConditionalDeletes = true }, new ContentTime(content), new SimulationRandom(seed));
            foreach (Plan plan in setup)
            {
                if (plan.Act == Act.Wait)
                {
                    content.Now += TimeSpan.FromMinutes(plan.Item);
                    continue;
                }

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

}

/// <summary>The store's own clock, for everybody.</summary>
internal sealed class ContentTime(StoreContent content) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => content.Now;

    public override long GetTimestamp() => content.Now.Ticks;
}
