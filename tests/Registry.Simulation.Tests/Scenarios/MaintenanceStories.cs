using Registry.Simulation.World;

namespace Registry.Simulation.Scenarios;

/// <summary>Scenarios about what feeds can set and hosts do now and then: tags that stay, rules on what is kept, quotas, scrubs.</summary>
internal static class MaintenanceStories
{
    public const int Themes = 6;

    private static readonly Plan s_waited = new(Act.Wait, 0, 0, 65);
    private static readonly Plan s_image = new(Act.Push, 0, 0, Universe.Image);
    private static readonly Plan s_otherImage = new(Act.Push, 0, 0, Universe.OtherImage);
    private static readonly Plan s_tagged = s_image with { Tag = 0 };
    private static readonly Plan s_otherTagged = s_otherImage with { Tag = 1 };
    private static readonly Plan s_uploaded = new(Act.Upload, 0, 0, 1);
    private static readonly Plan s_base = new(Act.Upload, 0, 0, 0);
    private static readonly Plan s_imageDeleted = new(Act.DeleteManifest, 0, 0, Universe.Image);
    private static readonly Plan s_looked = new(Act.CollectBlob, 0, 0, 1);

    private static readonly Plan[][] s_images = [[s_image, s_otherImage], [s_image, s_otherImage, s_waited], [s_tagged, s_otherImage], [s_image], [s_tagged, s_otherImage, s_waited]];
    private static readonly Plan[][] s_kept = [[s_tagged, s_otherTagged, s_waited], [s_tagged, s_otherImage, s_waited], [s_image, s_waited], [s_tagged with { Item = Universe.SmallIndex }, s_waited]];
    private static readonly Plan[][] s_counted = [[], [s_base], [s_uploaded], [s_base, s_uploaded], [s_tagged], [s_tagged, s_otherTagged]];
    private static readonly Plan[][] s_released = [[s_tagged], [s_tagged, s_otherTagged], [s_image, s_imageDeleted, s_waited], [s_image, s_imageDeleted, s_waited, s_looked, s_waited], [s_uploaded, s_waited], []];
    private static readonly Plan[][] s_scrubbed = [[], [s_tagged], [s_image, s_imageDeleted, s_waited, s_looked, new Plan(Act.StopAtLease, 0, 0, 1), s_waited], [s_uploaded, s_waited], [new Plan(Act.AbandonUpload, 0, 0, 1), s_waited]];

    // Where they stand still.
    private static readonly Mark[][] s_taggers = [[Mark.PutTag, Mark.PutTag, Mark.PutWay, Mark.PutManifest, Mark.PutManifest, Mark.GetManifest, Mark.GetTag, Mark.ListWays]];
    private static readonly Mark[][] s_keepers = [[Mark.PutTag, Mark.GetTag, Mark.GetManifest, Mark.PutManifest, Mark.ListTags, Mark.ListRefs]];
    private static readonly Mark[][] s_counters = [[Mark.PutQuota, Mark.PutQuota, Mark.GetQuota, Mark.ListRefs, Mark.PutTag, Mark.PutManifest, Mark.PutRef, Mark.GetTag, Mark.DeleteRef, Mark.GetManifest]];
    private static readonly Mark[][] s_scrubbers = [[Mark.OpenData, Mark.OpenData, Mark.GetBlob, Mark.PutBlob, Mark.Complete, Mark.PutSession, Mark.GetRef], [Mark.ListData, Mark.OpenData, Mark.ListBlobs, Mark.GetBlob]];

    /// <summary>Draws what was before and what is done.</summary>
    /// <param name="theme">Of which theme, from 0 on.</param>
    /// <param name="random">Draws.</param>
    /// <param name="nodes">How many nodes there are.</param>
    public static Scenario Draw(int theme, SimulationRandom random, int nodes) => theme switch
    {
        0 => new Scenario { HasImmutableTag = true, Setup = s_images[random.Next(s_images.Length)], Actors = Actors(random, nodes, Immutable), StandsAt = s_taggers, CollectUntagged = true },
        1 => new Scenario { HasImmutableTag = random.Next(4) == 0, Setup = s_kept[random.Next(s_kept.Length)], Actors = Actors(random, nodes, Kept), StandsAt = s_keepers, CollectUntagged = random.Next(2) == 0 },
        2 => new Scenario { Quota = Limits(random), Setup = s_counted[random.Next(s_counted.Length)], Actors = Actors(random, nodes, Pushed), StandsAt = s_counters },
        3 => new Scenario { Quota = random.Next(2) == 0 ? Limits(random) : QuotaLimits.None, Setup = s_released[random.Next(s_released.Length)], Actors = random.Next(4) == 0 ? Late(random, nodes) : Actors(random, nodes, Counted), StandsAt = s_counters },
        4 => new Scenario { Setup = s_scrubbed[random.Next(s_scrubbed.Length)], Actors = [[Scrubbed(random, random.Next(nodes))], [new Plan(Act.Scrub, random.Next(nodes), 0)], .. Actors(random, nodes, Scrubbed)], StandsAt = s_scrubbers, CollectUntagged = true },
        _ => new Scenario { IsSpoilt = true, Setup = [s_tagged, new Plan(Act.Spoil, 0, 0, Universe.Spoilt, -1, random.Next(3))], Actors = Actors(random, nodes, Mended), StandsAt = s_scrubbers, CollectUntagged = true },
    };

    private static Plan[][] Actors(SimulationRandom random, int nodes, Func<SimulationRandom, int, Plan> draw)
    {
        var actors = new Plan[2 + random.Next(2)][];
        for (int i = 0; i < actors.Length; i++)
        {
            actors[i] = new Plan[1 + (random.Next(3) == 0 ? 1 : 0)];
            for (int j = 0; j < actors[i].Length; j++)
            {
                actors[i][j] = draw(random, random.Next(nodes));
            }
        }

        return actors;
    }

    // A tag that never moves, and those who would move it or take what it points at.
    private static Plan Immutable(SimulationRandom random, int node) => random.Next(10) switch
    {
        0 or 1 or 2 or 3 => new Plan(Act.PutManifest, node, 0, random.Next(2) == 0 ? Universe.Image : Universe.OtherImage, 0, random.Next(4) == 0 ? Variants.OnlyNew : 0),
        4 or 5 or 6 => new Plan(Act.DeleteManifest, node, 0, random.Next(2) == 0 ? Universe.Image : Universe.OtherImage),
        7 => new Plan(Act.DeleteTag, node, 0, 0, 0),
        8 => new Plan(random.Next(2) == 0 ? Act.CollectManifest : Act.Retain, node, 0, Universe.Image),
        _ => new Plan(Act.PutManifest, node, 0, Universe.Image, random.Next(2) - 1),
    };

    // Rules on what is kept, and those who push it anew meanwhile.
    private static Plan Kept(SimulationRandom random, int node) => random.Next(9) switch
    {
        0 or 1 or 2 => new Plan(Act.Retain, node, 0),
        3 or 4 => new Plan(Act.PutManifest, node, 0, random.Next(3) == 0 ? Universe.OtherImage : Universe.Image, random.Next(4) == 0 ? 1 : 0),
        5 => new Plan(Act.PutManifest, node, 0, Universe.SmallIndex, random.Next(2) - 1),
        6 => new Plan(random.Next(2) == 0 ? Act.DeleteTag : Act.ReadTag, node, 0, 0, 0),
        7 => new Plan(Act.CollectManifest, node, 0, Universe.Image),
        _ => new Plan(Act.CollectRepositories, node, 0),
    };

    // Pushes at the limit, and nobody who lets go of anything.
    private static Plan Pushed(SimulationRandom random, int node) => random.Next(6) switch
    {
        0 or 1 => new Plan(Act.Upload, node, random.Next(2), random.Next(3), -1, random.Next(2) == 0 ? Variants.Chunked : 0),
        2 => new Plan(Act.Push, node, 0, random.Next(2) == 0 ? Universe.Image : Universe.OtherImage, random.Next(3) - 1, Variants.Blindly),
        3 => new Plan(Act.Mount, node, 1, random.Next(2)),
        _ => new Plan(Act.PutManifest, node, 0, random.Next(3) == 0 ? Universe.OtherImage : Universe.Image, random.Next(2)),
    };

    // Pushes, deletions and recounts.
    private static Plan Counted(SimulationRandom random, int node) => random.Next(9) switch
    {
        0 => new Plan(Act.Upload, node, 0, 1),
        1 or 2 => new Plan(Act.PutManifest, node, 0, Universe.Image, random.Next(2)),
        3 => new Plan(Act.DeleteTag, node, 0, 0, random.Next(2)),
        4 => new Plan(Act.DeleteManifest, node, 0, Universe.Image),
        5 => new Plan(random.Next(2) == 0 ? Act.CollectBlob : Act.DeleteBlob, node, 0, 1),
        6 => new Plan(Act.Push, node, random.Next(2), Universe.Image, 0),
        _ => new Plan(Act.Recount, node, 0),
    };

    // Somebody who deletes a tag that is pushed after the deletion has begun, and whoever counts after that on the same node.
    private static Plan[][] Late(SimulationRandom random, int nodes)
    {
        int node = random.Next(nodes);
        return [[new Plan(Act.DeleteTag, random.Next(nodes), 0, 0, 1)], [new Plan(Act.PutManifest, node, 0, Universe.Image, 1), Counted(random, node)]];
    }

    // Scrubs beside everything that moves blobs.
    private static Plan Scrubbed(SimulationRandom random, int node) => random.Next(8) switch
    {
        0 or 1 => new Plan(Act.Upload, node, 0, 1, -1, random.Next(2) == 0 ? Variants.Chunked : 0),
        2 => new Plan(Act.Push, node, 0, Universe.Image, 0),
        3 => new Plan(Act.Scrub, node, 0),
        4 => new Plan(random.Next(2) == 0 ? Act.DeleteManifest : Act.PutManifest, node, 0, Universe.Image),
        5 => new Plan(Act.Sweep, node, 0),
        _ => new Plan(Act.CollectBlob, node, 0, 1),
    };

    // The same where there is something to mend.
    private static Plan Mended(SimulationRandom random, int node) => random.Next(3) == 0 ? new Plan(Act.Scrub, node, 0) : Scrubbed(random, node);

    private static QuotaLimits Limits(SimulationRandom random)
    {
        long image = Universe.Manifests[Universe.Image].Stored.Content.Length;
        return new QuotaLimits(random.Next(6) switch { 0 => 6, 1 => 12, 2 => 12 + image, 3 => 18 + image, 4 => 18 + (2 * image), _ => 1_000_000 }, random.Next(2) == 0 ? 1 : 1_000);
    }
}
