using Registry.Simulation.World;

namespace Registry.Simulation.Scenarios;

internal enum Act
{
    /// <summary>Pushes a manifest with everything that it names, looking first at what is there.</summary>
    Push,

    /// <summary>Pushes a manifest alone.</summary>
    PutManifest,

    /// <summary>Uploads a blob.</summary>
    Upload,

    /// <summary>Begins an upload and leaves it.</summary>
    AbandonUpload,

    /// <summary>Begins an upload and cancels it.</summary>
    CancelUpload,

    /// <summary>Asks for a blob as one who may push.</summary>
    Head,

    /// <summary>Mounts a blob from the other repository.</summary>
    Mount,

    /// <summary>Pulls by tag, or by digest where there is no tag.</summary>
    Pull,

    /// <summary>Asks where a tag points.</summary>
    ReadTag,

    DeleteManifest,
    DeleteTag,
    DeleteBlob,

    /// <summary>A collector goes through everything.</summary>
    Collect,

    /// <summary>A collector looks at one blob.</summary>
    CollectBlob,

    /// <summary>A collector looks at one manifest, and ends it if it is due.</summary>
    CollectManifest,

    /// <summary>A collector goes through the repositories.</summary>
    CollectRepositories,

    /// <summary>A collector goes through the blobs.</summary>
    CollectBlobs,

    /// <summary>A collector goes through the uploads.</summary>
    Sweep,

    /// <summary>Somebody writes a lease and stops: a mount that came no further.</summary>
    StopAtLease,

    /// <summary>A collector stops after it has said that a blob is gone.</summary>
    StopAtGone,

    /// <summary>A collector looks at what its host let go of.</summary>
    WorkOff,

    /// <summary>A host carries out its rules on what is kept.</summary>
    Retain,

    /// <summary>A host scrubs.</summary>
    Scrub,

    /// <summary>A host counts what quotas count.</summary>
    Recount,

    /// <summary>Time goes by, in minutes, while a scenario is prepared.</summary>
    Wait,

    /// <summary>While a scenario is prepared, the store spoils a blob: its bytes are others, they are gone, or nothing says any more that manifests hold it.</summary>
    Spoil,
}

/// <summary>Something that an actor does.</summary>
/// <param name="Act">What.</param>
/// <param name="Node">The node that it asks.</param>
/// <param name="Repository">Where.</param>
/// <param name="Item">The manifest or the blob.</param>
/// <param name="Tag">The tag, or -1.</param>
/// <param name="Variant">How, in bits: see <see cref="Variants"/>.</param>
internal readonly record struct Plan(Act Act, int Node, int Repository, int Item = 0, int Tag = -1, int Variant = 0)
{
    /// <summary>Whether it is a collector's and no client's.</summary>
    public bool IsCollectors => Act is Act.Collect or Act.CollectBlob or Act.CollectManifest or Act.CollectRepositories or Act.CollectBlobs or Act.Sweep or Act.WorkOff or Act.Retain or Act.Scrub;

    /// <summary>Whether it lets go of anything that quotas count.</summary>
    public bool LetsGo => Act is not (Act.Push or Act.PutManifest or Act.Upload or Act.AbandonUpload or Act.Head or Act.Mount or Act.Pull or Act.ReadTag);

    public bool Has(int variant) => (Variant & variant) != 0;

    public override string ToString() => Act switch
    {
        Act.Push or Act.PutManifest or Act.DeleteManifest or Act.Pull or Act.CollectManifest => $"{Act} {Universe.Repositories[Repository]}{(Tag >= 0 ? ":" + Universe.Tags[Tag] : "")}@{Universe.Manifests[Item].Name}",
        Act.DeleteTag or Act.ReadTag => $"{Act} {Universe.Repositories[Repository]}:{Universe.Tags[Tag]}",
        Act.Upload or Act.Head or Act.Mount or Act.DeleteBlob or Act.AbandonUpload or Act.CancelUpload or Act.CollectBlob or Act.StopAtLease or Act.StopAtGone or Act.Spoil => $"{Act} {Universe.Repositories[Repository]}@b{Item}",
        Act.Wait => $"{Act} {Item}",
        _ => Act.ToString(),
    };
}

internal static class Variants
{
    /// <summary>Uploads without looking whether the blob is there.</summary>
    public const int Blindly = 1;

    /// <summary>Uploads in a chunk and a closing request without bytes, which goes to another node.</summary>
    public const int Chunked = 2;

    /// <summary>Tries a mount before an upload.</summary>
    public const int Mounts = 4;

    /// <summary>Does it again after a fault, at another node.</summary>
    public const int Retries = 8;

    /// <summary>Points the tag only where it is not there yet.</summary>
    public const int OnlyNew = 16;

    /// <summary>Moves the tag only from the other image.</summary>
    public const int OnlyFrom = 32;

    /// <summary>Moves the tag only where it is there, wherever it points.</summary>
    public const int OnlyMoved = 64;
}

/// <summary>What a simulation is about, before chance comes in.</summary>
internal sealed record Scenario
{
    /// <summary>What was done before, without faults and by one node.</summary>
    public Plan[] Setup { get; init; } = [];

    /// <summary>How long ago that was.</summary>
    public TimeSpan SinceSetup { get; init; }

    /// <summary>By how much each node's clock is wrong; as many as there are nodes.</summary>
    public TimeSpan[] Clocks { get; init; } = [TimeSpan.Zero, TimeSpan.Zero];

    /// <summary>By how much the store's clock is wrong.</summary>
    public TimeSpan StoreClock { get; init; }

    /// <summary>The most keys in a page of a listing.</summary>
    public int PageKeys { get; init; } = 1000;

    /// <summary>Whether the store can delete conditionally.</summary>
    public bool ConditionalDeletes { get; init; }

    /// <summary>Whether manifests that nothing needs are collected, those that have no tag, and those whose subject is not there.</summary>
    public bool CollectUntagged { get; init; }

    public bool CollectOrphans { get; init; }

    /// <summary>Whether collectors have their time at the end, and what is left is looked at.</summary>
    public bool GoesToRest { get; init; }

    /// <summary>Where the first actors stand still in the middle of something, one list for each of them, where it is about that.</summary>
    public Mark[][] StandsAt { get; init; } = [];

    /// <summary>Whether the first tag is immutable.</summary>
    public bool HasImmutableTag { get; init; }

    /// <summary>What all repositories may hold together, if that is limited.</summary>
    public QuotaLimits? Quota { get; init; }

    /// <summary>Whether the store spoiled something: then scrubs have their time at the end too, and a good copy.</summary>
    public bool IsSpoilt { get; init; }

    public TimeSpan CacheLifetime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>By how much clocks differ at most.</summary>
    public TimeSpan Uncertainty
    {
        get
        {
            TimeSpan least = StoreClock;
            TimeSpan most = StoreClock;
            foreach (TimeSpan clock in Clocks)
            {
                least = clock < least ? clock : least;
                most = clock > most ? clock : most;
            }

            return most - least;
        }
    }

    /// <summary>What each actor does, one after the other.</summary>
    public Plan[][] Actors { get; init; } = [];
}

/// <summary>Limits of a quota.</summary>
internal sealed record QuotaLimits(long Bytes, long Tags)
{
    /// <summary>A quota that counts and never refuses.</summary>
    public static QuotaLimits None { get; } = new(1_000_000_000, 1_000_000);
}
