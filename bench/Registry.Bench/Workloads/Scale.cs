namespace Registry.Bench.Workloads;

/// <summary>How much work the rows do. Lengths are in bytes.</summary>
internal sealed record Scale
{
    /// <summary>Of the rows with one blob at a time: its length, and how often it is pushed and pulled in a repeat.</summary>
    public required IReadOnlyList<(long Length, int Pushes, int Pulls)> Blobs { get; init; }

    /// <summary>Small pushes before the clock of a push row starts.</summary>
    public required int WarmUpPushes { get; init; }

    public required int Parallel { get; init; }

    public required long ParallelLength { get; init; }

    /// <summary>Of the row that is about memory, and so runs once.</summary>
    public required long MemoryLength { get; init; }

    public required int ImagesAlone { get; init; }

    public required int ImagesTogether { get; init; }

    public required int ManifestReads { get; init; }

    public required int ManifestWrites { get; init; }

    public required int Tags { get; init; }

    public required int TagPage { get; init; }

    public required int Repositories { get; init; }

    public required int RepositoryPage { get; init; }

    /// <summary>Of the rows that compare requests with and without a token, which differ by little.</summary>
    public required int SignInReads { get; init; }

    public required int RepositoriesPerFeed { get; init; }

    public required int FeedListings { get; init; }

    public required int Decisions { get; init; }

    /// <summary>What a collector has to go through beside the rows about it; a multiple of 50.</summary>
    public required int GeneratedBlobs { get; init; }

    /// <summary>Blobs that nothing holds, for a collector to remove beside the requests.</summary>
    public required int GarbageBlobs { get; init; }

    public required int TagDeletions { get; init; }

    public static Scale Full { get; } = new()
    {
        GeneratedBlobs = 20_000,
        GarbageBlobs = 40_000,
        TagDeletions = 1500,
        Blobs = [(1_000_000, 32, 500), (10_000_000, 8, 150), (100_000_000, 3, 15), (1_000_000_000, 1, 2)],
        WarmUpPushes = 48,
        Parallel = 16,
        ParallelLength = 100_000_000,
        MemoryLength = 1_000_000_000,
        ImagesAlone = 12,
        ImagesTogether = 40,
        ManifestReads = 3_000,
        ManifestWrites = 500,
        Tags = 10_000,
        TagPage = 100,
        Repositories = 10_000,
        RepositoryPage = 1_000,
        SignInReads = 200_000,
        RepositoriesPerFeed = 500,
        FeedListings = 100,
        Decisions = 1_000_000,
    };

    /// <summary>The same on an object store, which is slower for both.</summary>
    public static Scale FullOnObjectStore { get; } = Full with
    {
        Blobs = [(1_000_000, 32, 200), (10_000_000, 8, 40), (100_000_000, 3, 6), (1_000_000_000, 1, 1)],
        ManifestReads = 1_000,
        ManifestWrites = 200,
    };

    /// <summary>Shows that everything works, in seconds; the figures mean little.</summary>
    public static Scale Quick { get; } = new()
    {
        GeneratedBlobs = 500,
        GarbageBlobs = 500,
        TagDeletions = 10,
        Blobs = [(1_000_000, 4, 8), (10_000_000, 2, 4)],
        WarmUpPushes = 8,
        Parallel = 16,
        ParallelLength = 1_000_000,
        MemoryLength = 10_000_000,
        ImagesAlone = 3,
        ImagesTogether = 8,
        ManifestReads = 200,
        ManifestWrites = 64,
        Tags = 250,
        TagPage = 100,
        Repositories = 250,
        RepositoryPage = 100,
        SignInReads = 1_000,
        RepositoriesPerFeed = 50,
        FeedListings = 5,
        Decisions = 200_000,
    };
}
