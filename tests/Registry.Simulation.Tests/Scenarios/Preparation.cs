using Registry.Content;
using Registry.Content.Records;
using Registry.Simulation.World;
using Registry.Storage;

namespace Registry.Simulation.Scenarios;

/// <summary>Stores as scenarios find them. Each is made once in a thread and copied.</summary>
internal static class Preparation
{
    [ThreadStatic]
    private static Dictionary<string, StoreContent>? s_prepared;

    public static StoreContent Prepare(Scenario scenario)
    {
        string name = $"{(scenario.Quota is null ? "" : "counted|")}{string.Join('|', scenario.Setup)}";
        Dictionary<string, StoreContent> prepared = s_prepared ??= new(StringComparer.Ordinal);
        if (!prepared.TryGetValue(name, out StoreContent? content))
        {
            prepared.Add(name, content = Make(scenario.Setup, scenario.Quota is null ? null : QuotaLimits.None, StableHash.Of(name)));
        }

        return content.Copy();
    }

    private static StoreContent Make(Plan[] setup, QuotaLimits? quota, ulong seed)
    {
        Guard? off = Guards.Off;
        Guards.Off = null;
        try
        {
            var content = new StoreContent { Now = Simulator.Start };
            using var node = new Process(new DirectStore(content), new Scenario { Quota = quota, CollectUntagged = true, CollectOrphans = true, ConditionalDeletes = true }, new ContentTime(content), new SimulationRandom(seed), content.Now);
            foreach (Plan plan in setup)
            {
                if (plan.Act == Act.Wait)
                {
                    content.Now += TimeSpan.FromMinutes(plan.Item);
                    continue;
                }

                if (plan.Act == Act.Spoil)
                {
                    Spoil(content, plan.Item, plan.Variant);
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

    private static void Spoil(StoreContent content, int blob, int how)
    {
        string data = BlobRecord.Decode(content.Find(Universe.BlobKeys[blob])!.Bytes).Data;
        switch (how)
        {
            case 0:
                content.Put(data, [.. Universe.BlobBytes[blob].Reverse()], PutCondition.None);
                break;
            case 1:
                content.Delete(data);
                break;
            default:
                foreach (string key in content.List(ContentKeys.Refs(Universe.Blobs[blob]), null, 1000, 0, 0).Keys)
                {
                    content.Delete(key);
                }

                break;
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
