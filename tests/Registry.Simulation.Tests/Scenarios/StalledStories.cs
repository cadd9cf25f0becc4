using Registry.Simulation.World;

namespace Registry.Simulation.Scenarios;

/// <summary>Scenarios in which the first actor stands still in the middle of what it does, and the others do what could take away what it counts on, one after the other.</summary>
internal static class StalledStories
{
    public const int Themes = 6;

    private static readonly Plan s_waited = new(Act.Wait, 0, 0, 65);
    private static readonly Plan s_looked = new(Act.CollectBlob, 0, 0, 1);
    private static readonly Plan s_uploaded = new(Act.Upload, 0, 0, 1);
    private static readonly Plan s_imagePushed = new(Act.Push, 0, 0, Universe.Image);
    private static readonly Plan s_imageDeleted = new(Act.DeleteManifest, 0, 0, Universe.Image);
    private static readonly Plan s_leased = new(Act.StopAtLease, 0, 0, 1);

    // One blob: not there, there and unheld, visible by a lease that ran out, condemned and due, gone.
    private static readonly Plan[][] s_blobs =
    [
        [],
        [s_uploaded, s_waited],
        [s_imagePushed, s_imageDeleted, s_waited, s_leased, s_waited],
        [s_imagePushed, s_imageDeleted, s_waited, s_looked, s_leased, s_waited],
        [s_uploaded, s_waited, s_looked, s_waited, new Plan(Act.StopAtGone, 0, 0, 1)],
    ];

    // One manifest that nothing needs: not there, there, condemned and due.
    private static readonly Plan[][] s_manifests =
    [
        [s_uploaded, new Plan(Act.Upload, 0, 0, 0)],
        [s_imagePushed, s_waited],
        [s_imagePushed, s_waited, new Plan(Act.CollectManifest, 0, 0, Universe.Image), s_waited],
    ];

    private static readonly Plan[][] s_tags =
    [
        [s_imagePushed],
        [s_imagePushed, new Plan(Act.Push, 0, 0, Universe.OtherImage)],
        [new Plan(Act.Push, 0, 0, Universe.Image, 0), new Plan(Act.Push, 0, 0, Universe.OtherImage)],
    ];

    // Where they stand still.
    private static readonly Mark[][] s_committers = [[Mark.PutBlob, Mark.PutBlob, Mark.GetBlob, Mark.PutRef, Mark.Complete, Mark.PutSession]];
    private static readonly Mark[][] s_blobCollectors = [[Mark.PutBlob, Mark.GetBlob, Mark.ListRefs, Mark.ListRefs, Mark.DeleteRef, Mark.DeleteData, Mark.DeleteBlob]];
    private static readonly Mark[][] s_manifestCollectors = [[Mark.PutManifest, Mark.PutManifest, Mark.ListWays, Mark.ListTags, Mark.ListTags, Mark.GetManifest, Mark.ListRefs, Mark.GetTag]];
    private static readonly Mark[][] s_taggers = [[Mark.PutTag, Mark.PutTag, Mark.PutTag, Mark.PutWay, Mark.PutManifest, Mark.GetManifest, Mark.GetTag]];
    private static readonly Mark[][] s_latecomers = [[Mark.PutTag]];
    private static readonly Mark[][] s_overtaken = [[Mark.GetTag, Mark.GetTag, Mark.GetManifest]];
    private static readonly Mark[][] s_sweepers = [[Mark.PutSession, Mark.PutSession, Mark.GetBlob, Mark.PutBlob, Mark.Complete, Mark.PutRef], [Mark.PutSession, Mark.PutBlob, Mark.Abort, Mark.DeleteData]];

    /// <summary>Draws what was before and what is done.</summary>
    /// <param name="theme">Of which theme, from 0 on.</param>
    /// <param name="random">Draws.</param>
    /// <param name="nodes">How many nodes there are.</param>
    public static Scenario Draw(int theme, SimulationRandom random, int nodes)
    {
        (Plan[] setup, Plan[][] actors, Mark[][] marks) = theme switch
        {
            0 => (s_blobs[random.Next(s_blobs.Length)], Committer(random, nodes), s_committers),
            1 => (s_blobs[1 + random.Next(4)], BlobCollectors(random, nodes), s_blobCollectors),
            2 => (s_manifests[random.Next(s_manifests.Length)], ManifestCollectors(random, nodes), s_manifestCollectors),
            3 => (s_tags[random.Next(s_tags.Length)], Tagger(random, nodes), s_taggers),
            4 => ([], Sweepers(random, nodes), s_sweepers),
            _ => random.Next(4) == 0 ? (s_tags[2], Overtaken(random, nodes), s_overtaken) : (s_tags[1], Latecomers(random, nodes), s_latecomers),
        };
        return new Scenario { Setup = setup, Actors = actors, StandsAt = marks, CollectUntagged = true };
    }

    // Whoever makes bytes a blob; meanwhile it is collected, as far as it is.
    private static Plan[][] Committer(SimulationRandom random, int nodes)
    {
        Plan[] others = new Plan[3 + random.Next(2)];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = random.Next(8) switch
            {
                0 => At(Act.Sweep, random, nodes),
                1 => At(Act.DeleteBlob, random, nodes, 1),
                2 => At(Act.Upload, random, nodes, 1),
                3 => At(Act.StopAtGone, random, nodes, 1),
                _ => At(Act.CollectBlob, random, nodes, 1),
            };
        }

        Plan[] first = [At(Act.Upload, random, nodes, 1) with { Variant = Variant(random) }];
        return random.Next(3) == 0 ? [first, others, [BlobUser(random, nodes)]] : [first, others];
    }

    // A session, who finishes it, and who takes it for dead.
    private static Plan[][] Sweepers(SimulationRandom random, int nodes) =>
    [
        [At(Act.Upload, random, nodes, 1) with { Variant = Variant(random) }],
        random.Next(2) == 0 ? [At(Act.Sweep, random, nodes)] : [At(Act.Sweep, random, nodes), At(Act.CollectBlob, random, nodes, 1)],
        [random.Next(3) switch { 0 => BlobUser(random, nodes), 1 => At(Act.Sweep, random, nodes), _ => At(Act.CollectBlob, random, nodes, 1) }],
    ];

    // Collectors that are in the middle of a look at a blob, while somebody comes to need it.
    private static Plan[][] BlobCollectors(SimulationRandom random, int nodes)
    {
        Plan look = At(Act.CollectBlob, random, nodes, 1);
        Plan other = At(Act.CollectBlob, random, nodes, 1);
        return
        [
            random.Next(2) == 0 ? [look] : [look, other],
            random.Next(3) switch { 0 => [BlobUser(random, nodes)], 1 => [other], _ => [other, look] },
            [BlobUser(random, nodes)],
        ];
    }

    private static Plan[][] ManifestCollectors(SimulationRandom random, int nodes)
    {
        Plan look = random.Next(4) == 0 ? At(Act.CollectRepositories, random, nodes) : At(Act.CollectManifest, random, nodes, Universe.Image);
        return
        [
            [look],
            [ManifestUser(random, nodes)],
            random.Next(3) switch { 0 => [], 1 => [look], _ => [ManifestUser(random, nodes), look] },
        ];
    }

    private static Plan[][] Tagger(SimulationRandom random, int nodes)
    {
        Plan delete = random.Next(3) == 0 ? At(Act.DeleteManifest, random, nodes, Universe.Image) : At(Act.DeleteTag, random, nodes) with { Tag = 0 };
        Plan[] others = random.Next(4) switch
        {
            0 => [delete],
            1 => [delete, At(Act.DeleteManifest, random, nodes, Universe.Image)],
            _ => [delete, At(Act.CollectRepositories, random, nodes)],
        };
        Plan first = At(Act.PutManifest, random, nodes, Universe.Image) with { Tag = 0, Variant = Variant(random) | (random.Next(2) == 0 ? Variants.OnlyNew : 0) };
        Plan other = first with { Item = random.Next(2) == 0 ? Universe.Image : Universe.OtherImage };
        return random.Next(3) switch { 0 => [[first], others], 1 => [[first], [other]], _ => [[first], others, [other]] };
    }

    // A tag whose put takes its time, past the deletion of its manifest, after which others want the tag, or the manifest without it; or past the deletion of the tag, of which a collector removes what is left.
    private static Plan[][] Latecomers(SimulationRandom random, int nodes)
    {
        Plan late = At(Act.PutManifest, random, nodes, Universe.Image) with { Tag = 0 };
        var others = new Plan[3 + random.Next(2)];
        others[0] = At(Act.DeleteManifest, random, nodes, Universe.Image);
        if (random.Next(3) == 0)
        {
            return [[late], [At(Act.DeleteTag, random, nodes) with { Tag = 0 }, At(Act.CollectRepositories, random, nodes)]];
        }

        for (int i = 1; i < others.Length; i++)
        {
            others[i] = random.Next(6) switch
            {
                0 => At(Act.PutManifest, random, nodes, Universe.Image) with { Tag = -1 },
                1 => late with { Item = Universe.OtherImage, Variant = Variants.OnlyFrom },
                2 => At(Act.DeleteTag, random, nodes) with { Tag = 0 },
                3 => At(Act.ReadTag, random, nodes) with { Tag = 0 },
                4 => At(Act.CollectRepositories, random, nodes),
                _ => late with { Item = Universe.OtherImage, Variant = Variants.OnlyNew },
            };
        }

        return [[late], others];
    }

    // Who looks at a tag and then at what it points at, while the tag is moved in between and what it pointed at is deleted.
    private static Plan[][] Overtaken(SimulationRandom random, int nodes)
    {
        Plan move = At(Act.PutManifest, random, nodes, Universe.OtherImage) with { Tag = 0 };
        Plan first = random.Next(4) switch
        {
            0 => At(Act.ReadTag, random, nodes) with { Tag = 0 },
            1 => At(Act.DeleteTag, random, nodes) with { Tag = 0 },
            _ => move with { Variant = Variants.OnlyMoved },
        };
        return [[first], [move, At(Act.DeleteManifest, random, nodes, Universe.Image)]];
    }

    private static Plan BlobUser(SimulationRandom random, int nodes) => random.Next(6) switch
    {
        0 => At(Act.Upload, random, nodes, 1) with { Variant = Variant(random) },
        1 => At(Act.Head, random, nodes, 1),
        2 => At(Act.Mount, random, nodes, 1) with { Repository = 1 },
        3 => At(Act.Push, random, nodes, Universe.Image) with { Variant = Variant(random) },
        _ => At(Act.PutManifest, random, nodes, Universe.Image) with { Tag = random.Next(2) - 1 },
    };

    private static Plan ManifestUser(SimulationRandom random, int nodes) => random.Next(5) switch
    {
        0 => At(Act.PutManifest, random, nodes, Universe.SmallIndex) with { Tag = random.Next(2) - 1 },
        1 => At(Act.DeleteManifest, random, nodes, Universe.Image),
        _ => At(Act.PutManifest, random, nodes, Universe.Image) with { Tag = random.Next(4) == 0 ? -1 : 0 },
    };

    private static int Variant(SimulationRandom random) => (random.Next(2) == 0 ? Variants.Chunked : 0) | (random.Next(2) == 0 ? Variants.Retries : 0);

    private static Plan At(Act act, SimulationRandom random, int nodes, int item = 0) => new(act, random.Next(nodes), 0, item);
}
