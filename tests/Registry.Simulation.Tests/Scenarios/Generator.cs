using Registry.Simulation.World;

namespace Registry.Simulation.Scenarios;

/// <summary>Draws scenarios: a few actors that are after the same things, of everything that there is or of what belongs to one theme.</summary>
internal static class Generator
{
    private const int Plain = 12;

    /// <summary>How many themes there are: seeds take turns at them.</summary>
    public const int Themes = Plain + StalledStories.Themes + MaintenanceStories.Themes;

    // Those that somebody asks for.
    public const int Manifests = 4;
    public const int Committers = Plain;
    public const int BlobCollectors = Plain + 1;
    public const int ManifestCollectors = Plain + 2;
    public const int Taggers = Plain + 3;
    public const int Sweepers = Plain + 4;
    public const int Latecomers = Plain + 5;
    public const int ImmutableTags = Plain + StalledStories.Themes;
    public const int Retention = ImmutableTags + 1;
    public const int QuotaLimits = ImmutableTags + 2;
    public const int QuotaChanges = ImmutableTags + 3;
    public const int Scrubs = ImmutableTags + 4;

    // What was left to be found, for everything.
    private static readonly Plan[][] s_setups =
    [
        [],
        [Pushed(Universe.Image)],
        [Pushed(Universe.Image, tag: 0)],
        [Pushed(Universe.Image, tag: 0), Pushed(Universe.OtherImage, tag: 1)],
        [Pushed(Universe.SmallIndex, tag: 0)],
        [Pushed(Universe.Image, tag: 0), Pushed(Universe.Referrer)],
        [Uploaded(1)],
        [Pushed(Universe.Image, tag: 0), Deleted(Universe.Image)],
        [new Plan(Act.Push, 0, 1, Universe.Image, 0)],
        [Pushed(Universe.Index, tag: 0)],
        [Pushed(Universe.Image), Deleted(Universe.Image), Waited(65), Looked(1), Looked(0), Waited(65)],
        [Pushed(Universe.Image, tag: 0), new Plan(Act.DeleteTag, 0, 0, 0, 0), Waited(65), new Plan(Act.Collect, 0, 0), Waited(65)],
        [Pushed(Universe.SmallIndex), Waited(65), new Plan(Act.Collect, 0, 0), Waited(65)],
        [Pushed(Universe.Image), Deleted(Universe.Image), Waited(65), Looked(1), Waited(65), Looked(1)],
        [new Plan(Act.AbandonUpload, 0, 0, 1), Waited(65)],
        [Pushed(Universe.Image, tag: 0), Waited(65)],
    ];

    // A blob that nothing holds, and that is still visible by a lease that ran out: live, condemned and due, gone.
    private static readonly Plan[] s_unheld = [Pushed(Universe.Image), Deleted(Universe.Image), Waited(65)];
    private static readonly Plan[] s_due = [.. s_unheld, Looked(1), new Plan(Act.StopAtLease, 0, 0, 1), Waited(65)];
    private static readonly Plan[] s_gone = [Uploaded(1), Waited(65), Looked(1), Waited(65), new Plan(Act.StopAtGone, 0, 0, 1)];

    // A manifest that nothing needs: not seen yet, condemned and due.
    private static readonly Plan[] s_unneeded = [Pushed(Universe.Image), Waited(65)];
    private static readonly Plan[] s_ripe = [.. s_unneeded, new Plan(Act.CollectManifest, 0, 0, Universe.Image), Waited(65)];
    private static readonly Plan[] s_tagged = [Pushed(Universe.Image, tag: 0)];

    // In minutes.
    private static readonly int[] s_ages = [0, 0, 0, 20, 45, 90, 200, 1_500];
    private static readonly int[] s_clocks = [-65, 65, -20, 20, -10, 10, -3_000, 3_000];
    private static readonly int[] s_farClocks = [0, -65, -3_000, -3_000, 3_000];

    /// <summary>Draws a scenario.</summary>
    /// <param name="random">Draws.</param>
    /// <param name="theme">What it is about.</param>
    public static Scenario Draw(SimulationRandom random, int theme)
    {
        int nodes = random.Next(4) == 0 ? 3 : 2;
        bool wrong = random.Next(3) == 0 || theme == Latecomers;
        var clocks = new TimeSpan[nodes];
        for (int i = 0; i < nodes && wrong; i++)
        {
            int[] by = theme < Plain ? s_clocks : s_farClocks;
            clocks[i] = TimeSpan.FromMinutes(by[random.Next(by.Length)]);
        }

        if (theme >= Plain)
        {
            int story = theme - Plain;
            return Finish(random, story < StalledStories.Themes ? StalledStories.Draw(story, random, nodes) : MaintenanceStories.Draw(story - StalledStories.Themes, random, nodes), clocks, wrong);
        }

        Plan[] setup = theme switch
        {
            0 or 1 => random.Next(3) switch { 0 => s_unheld, _ => s_due },
            2 => s_gone,
            3 or 4 => random.Next(3) switch { 0 => s_unneeded, _ => s_ripe },
            5 or 6 => random.Next(3) switch { 0 => [], 1 => s_tagged, _ => [Pushed(Universe.Image), Pushed(Universe.OtherImage)] },
            7 or 8 => random.Next(3) switch { 0 => [Uploaded(1)], 1 => s_due, _ => [] },
            _ => s_setups[random.Next(s_setups.Length)],
        };
        var actors = new Plan[2 + random.Next(3)][];
        for (int i = 0; i < actors.Length; i++)
        {
            actors[i] = new Plan[1 + (random.Next(3) == 0 ? 1 : 0)];
            for (int j = 0; j < actors[i].Length; j++)
            {
                actors[i][j] = theme switch
                {
                    0 or 1 or 2 => DrawBlobPlan(random, nodes),
                    3 or 4 => DrawManifestPlan(random, nodes),
                    5 or 6 => DrawTagPlan(random, nodes),
                    7 or 8 => DrawUploadPlan(random, nodes),
                    _ => DrawPlan(random, nodes),
                };
            }
        }

        return Finish(random, new Scenario
        {
            Setup = setup,
            SinceSetup = TimeSpan.FromMinutes(theme < 9 ? 0 : s_ages[random.Next(s_ages.Length)]),
            CollectUntagged = theme is 3 or 4 || random.Next(2) == 0,
            Actors = actors,
        }, clocks, wrong);
    }

    private static Scenario Finish(SimulationRandom random, Scenario scenario, TimeSpan[] clocks, bool wrong) => scenario with
    {
        Clocks = clocks,
        StoreClock = wrong && random.Next(2) == 0 ? TimeSpan.FromMinutes(random.Next(-20, 20)) : TimeSpan.Zero,
        PageKeys = random.Next(3) == 0 ? 1 + random.Next(3) : 1000,
        CollectOrphans = random.Next(2) == 0,
        GoesToRest = random.Next(3) == 0,
        ConditionalDeletes = random.Next(3) > 0,
        CacheLifetime = random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(10),
    };

    // One blob, the manifest that names it, and who collects it.
    private static Plan DrawBlobPlan(SimulationRandom random, int nodes)
    {
        int node = random.Next(nodes);
        return random.Next(10) switch
        {
            0 or 1 => new Plan(Act.PutManifest, node, 0, Universe.Image, random.Next(3) - 1),
            2 => new Plan(Act.Push, node, 0, Universe.Image, 0, DrawVariant(random)),
            3 => new Plan(random.Next(2) == 0 ? Act.Upload : Act.Head, node, 0, 1, -1, DrawVariant(random)),
            4 => new Plan(Act.Mount, node, 1, 1),
            5 => new Plan(random.Next(2) == 0 ? Act.DeleteManifest : Act.CollectBlobs, node, 0, Universe.Image),
            _ => new Plan(Act.CollectBlob, node, 0, 1),
        };
    }

    // One manifest that is untagged, and what needs it.
    private static Plan DrawManifestPlan(SimulationRandom random, int nodes)
    {
        int node = random.Next(nodes);
        return random.Next(9) switch
        {
            0 or 1 => new Plan(Act.PutManifest, node, 0, Universe.Image, random.Next(3) - 1, DrawCondition(random)),
            2 or 3 => new Plan(Act.PutManifest, node, 0, Universe.SmallIndex, random.Next(2) - 1),
            4 => new Plan(Act.DeleteManifest, node, 0, random.Next(2) == 0 ? Universe.Image : Universe.SmallIndex),
            5 => new Plan(Act.CollectRepositories, node, 0),
            _ => new Plan(Act.CollectManifest, node, 0, random.Next(5) == 0 ? Universe.SmallIndex : Universe.Image),
        };
    }

    // One tag.
    private static Plan DrawTagPlan(SimulationRandom random, int nodes)
    {
        int node = random.Next(nodes);
        int image = random.Next(3) == 0 ? Universe.OtherImage : Universe.Image;
        int tag = random.Next(4) == 0 ? 1 : 0;
        return random.Next(11) switch
        {
            0 or 1 or 2 => new Plan(Act.PutManifest, node, 0, image, tag, DrawCondition(random)),
            3 => new Plan(Act.Push, node, 0, image, tag, DrawVariant(random) | DrawCondition(random)),
            4 or 5 => new Plan(Act.DeleteManifest, node, 0, image, -1, DrawVariant(random)),
            6 => new Plan(Act.DeleteTag, node, 0, 0, tag),
            7 => new Plan(Act.ReadTag, node, 0, 0, tag),
            8 => new Plan(Act.Pull, node, 0, image, tag),
            _ => new Plan(Act.CollectRepositories, node, 0),
        };
    }

    // One blob's uploads, and who sweeps and collects them.
    private static Plan DrawUploadPlan(SimulationRandom random, int nodes)
    {
        int node = random.Next(nodes);
        return random.Next(10) switch
        {
            0 or 1 or 2 => new Plan(Act.Upload, node, random.Next(4) == 0 ? 1 : 0, 1, -1, DrawVariant(random)),
            3 => new Plan(random.Next(2) == 0 ? Act.CancelUpload : Act.AbandonUpload, node, 0, 1),
            4 => new Plan(Act.Push, node, 0, Universe.Image, 0, DrawVariant(random)),
            5 or 6 or 7 => new Plan(Act.Sweep, node, 0),
            _ => new Plan(Act.CollectBlob, node, 0, 1),
        };
    }

    private static Plan DrawPlan(SimulationRandom random, int nodes)
    {
        int node = random.Next(nodes);
        int repo = random.Next(5) == 0 ? 1 : 0;
        int tag = random.Next(4) == 0 ? 1 : 0;
        int image = random.Next(3) == 0 ? Universe.OtherImage : Universe.Image;
        int blob = random.Next(3) == 0 ? 0 : 1;
        int variant = DrawVariant(random);
        return random.Next(32) switch
        {
            0 or 1 or 2 => new Plan(Act.Push, node, repo, image, tag, variant),
            3 => new Plan(Act.Push, node, repo, image, -1, variant),
            4 => new Plan(Act.Push, node, repo, random.Next(2) == 0 ? Universe.Index : Universe.SmallIndex, tag, variant),
            5 => new Plan(Act.Push, node, repo, Universe.Referrer, -1, variant),
            6 or 7 or 8 => new Plan(Act.PutManifest, node, repo, image, tag, variant | DrawCondition(random)),
            9 => new Plan(Act.PutManifest, node, repo, Universe.SmallIndex, tag, variant | DrawCondition(random)),
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

    private static int DrawVariant(SimulationRandom random) =>
        (random.Next(3) == 0 ? Variants.Blindly : 0)
        | (random.Next(3) == 0 ? Variants.Chunked : 0)
        | (random.Next(3) == 0 ? Variants.Mounts : 0)
        | (random.Next(2) == 0 ? Variants.Retries : 0);

    private static int DrawCondition(SimulationRandom random) => random.Next(6) switch { 0 or 1 => Variants.OnlyNew, 2 => Variants.OnlyMoved, 3 => Variants.OnlyFrom, _ => 0 };

    private static Plan Waited(int minutes) => new(Act.Wait, 0, 0, minutes);

    private static Plan Looked(int blob) => new(Act.CollectBlob, 0, 0, blob);

    private static Plan Uploaded(int blob) => new(Act.Upload, 0, 0, blob);

    private static Plan Deleted(int manifest) => new(Act.DeleteManifest, 0, 0, manifest);

    private static Plan Pushed(int manifest, int tag = -1) => new(Act.Push, 0, 0, manifest, tag);
}
