using Registry.Simulation.World;

namespace Registry.Simulation.Scenarios;

/// <summary>Draws scenarios: a few actors that are after the same things.</summary>
internal static class Generator
{
    private static readonly Plan[][] s_setups =
    [
        [],
        [Pushed(Universe.Image)],
        [Pushed(Universe.Image, tag: 0)],
        [Pushed(Universe.Image, tag: 0), Pushed(Universe.OtherImage, tag: 1)],
        [Pushed(Universe.SmallIndex, tag: 0)],
        [Pushed(Universe.Image, tag: 0), Pushed(Universe.Referrer)],
        [new Plan(Act.Upload, 0, 0, 1)],
        [Pushed(Universe.Image, tag: 0), new Plan(Act.DeleteManifest, 0, 0, Universe.Image)],
        [new Plan(Act.Push, 0, 1, Universe.Image, 0)],
        [Pushed(Universe.Index, tag: 0)],

        // Condemned, and due.
        [Pushed(Universe.Image), new Plan(Act.DeleteManifest, 0, 0, Universe.Image), Waited(65), new Plan(Act.CollectBlob, 0, 0, 1), new Plan(Act.CollectBlob, 0, 0, 0), Waited(65)],
        [new Plan(Act.Upload, 0, 0, 1), Waited(65), new Plan(Act.CollectBlob, 0, 0, 1), Waited(65)],
        [Pushed(Universe.Image, tag: 0), new Plan(Act.DeleteTag, 0, 0, 0, 0), Waited(65), new Plan(Act.Collect, 0, 0), Waited(65)],
        [Pushed(Universe.SmallIndex), Waited(65), new Plan(Act.Collect, 0, 0), Waited(65)],

        // Gone, and what is left of it.
        [Pushed(Universe.Image), new Plan(Act.DeleteManifest, 0, 0, Universe.Image), Waited(65), new Plan(Act.CollectBlob, 0, 0, 1), Waited(65), new Plan(Act.CollectBlob, 0, 0, 1), Waited(65)],

        // Left by an upload.
        [new Plan(Act.AbandonUpload, 0, 0, 1), Waited(65)],
        [Pushed(Universe.Image, tag: 0), Waited(65)],
    ];

    // In minutes.
    private static readonly int[] s_ages = [0, 0, 20, 45, 90, 200, 1_500];

    public static Scenario Draw(SimulationRandom random)
    {
        int nodes = random.Next(4) == 0 ? 3 : 2;
        bool wrong = random.Next(3) == 0;
        var clocks = new TimeSpan[nodes];
        for (int i = 0; i < nodes; i++)
        {
            clocks[i] = wrong ? TimeSpan.FromMinutes(random.Next(4) == 0 ? random.Next(-3_000, 3_000) : random.Next(-20, 20)) : TimeSpan.Zero;
        }

        var actors = new Plan[2 + random.Next(3)][];
        for (int i = 0; i < actors.Length; i++)
        {
            actors[i] = new Plan[1 + (random.Next(3) == 0 ? 1 : 0)];
            for (int j = 0; j < actors[i].Length; j++)
            {
                actors[i][j] = DrawPlan(random, nodes);
            }
        }

        return new Scenario
        {
            Setup = s_setups[random.Next(s_setups.Length)],
            SinceSetup = TimeSpan.FromMinutes(s_ages[random.Next(s_ages.Length)]),
            Clocks = clocks,
            StoreClock = wrong ? TimeSpan.FromMinutes(random.Next(-20, 20)) : TimeSpan.Zero,
            PageKeys = random.Next(3) == 0 ? 1 + random.Next(3) : 1000,
            CollectUntagged = random.Next(2) == 0,
            CollectOrphans = random.Next(2) == 0,
            GoesToRest = random.Next(3) == 0,
            ConditionalDeletes = random.Next(2) == 0,
            CacheLifetime = random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(10),
            Actors = actors,
        };
    }

    private static Plan DrawPlan(SimulationRandom random, int nodes)
    {
        int node = random.Next(nodes);
        int repo = random.Next(5) == 0 ? 1 : 0;
        int tag = random.Next(4) == 0 ? 1 : 0;
        int image = random.Next(3) == 0 ? Universe.OtherImage : Universe.Image;
        int blob = random.Next(3) == 0 ? 0 : 1;
        int variant = (random.Next(3) == 0 ? Variants.Blindly : 0) | (random.Next(3) == 0 ? Variants.Chunked : 0) | (random.Next(3) == 0 ? Variants.Mounts : 0) | (random.Next(2) == 0 ? Variants.Retries : 0);
        int conditional = variant | (random.Next(3) switch { 0 => Variants.OnlyNew, 1 => Variants.OnlyFrom, _ => 0 });
        return random.Next(32) switch
        {
            0 or 1 or 2 => new Plan(Act.Push, node, repo, image, tag, variant),
            3 => new Plan(Act.Push, node, repo, image, -1, variant),
            4 => new Plan(Act.Push, node, repo, random.Next(2) == 0 ? Universe.Index : Universe.SmallIndex, tag, variant),
            5 => new Plan(Act.Push, node, repo, Universe.Referrer, -1, variant),
            6 or 7 or 8 => new Plan(Act.PutManifest, node, repo, image, tag, conditional),
            9 => new Plan(Act.PutManifest, node, repo, Universe.SmallIndex, tag, conditional),
            10 or 11 => new Plan(Act.Upload, node, repo, blob, -1, variant),
            12 => new Plan(random.Next(2) == 0 ? Act.AbandonUpload : Act.CancelUpload, node, repo, blob),
            13 => new Plan(Act.Head, node, repo, blob),
            14 => new Plan(Act.Mount, node, repo, blob),
            15 or 16 => new Plan(Act.Pull, node, repo, image, random.Next(2) == 0 ? -1 : tag),
            17 => new Plan(Act.ReadTag, node, repo, 0, tag),
            18 or 19 or 20 => new Plan(Act.DeleteManifest, node, repo, random.Next(5) == 0 ? Universe.SmallIndex : image, -1, variant),
            21 => new Plan(Act.DeleteTag, node, repo, 0, tag),
            22 => new Plan(Act.DeleteBlob, node, repo, blob),
            23 or 24 or 25 => new Plan(Act.Collect, node, 0),
            26 or 27 or 28 or 29 => new Plan(Act.CollectBlob, node, 0, blob),
            30 => new Plan(Act.WorkOff, node, 0),
            _ => new Plan(Act.Push, node, 0, Universe.Image, 0, variant),
        };
    }

    private static Plan Waited(int minutes) => new(Act.Wait, 0, 0, minutes);

    private static Plan Pushed(int manifest, int tag = -1) => new(Act.Push, 0, 0, manifest, tag);
}
