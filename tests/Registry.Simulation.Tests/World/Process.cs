using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Collection;
using Registry.Model;
using Registry.Simulation.Scenarios;
using Registry.Storage;

namespace Registry.Simulation.World;

/// <summary>A host's process: what it has of the registry, and its collector.</summary>
internal sealed class Process : IDisposable
{
    private readonly CollectionOptions _options = new() { OperationsPerSecond = null, Parts = 1, UploadLifetime = TimeSpan.FromHours(1), LeaseDuration = TimeSpan.FromMinutes(10) };
    private readonly Policy _policy;
    private readonly StoreTime _clock;

    public Process(IObjectStore store, Scenario scenario, TimeProvider time, Random random)
    {
        Root = new ContentRoot(store, new ContentOptions { GracePeriod = Simulator.GracePeriod, CacheLifetime = scenario.CacheLifetime }, time, random);
        _policy = new Policy(scenario);
        _clock = new StoreTime(time);
        Collector = new Collector(Root, _options, _policy);
    }

    public ContentRoot Root { get; }

    public Collector Collector { get; }

    private CollectionRun NewRun => new(Root, _options, _policy, _clock, dryRun: false);

    /// <summary>Has a collector look at one blob and nothing else.</summary>
    public async Task CollectBlobAsync(Digest digest, CancellationToken cancellationToken)
    {
        CollectionRun run = NewRun;
        await new BlobCollector(run, new OwnerJudge(run), new TombstoneRemover(run)).ExamineAsync(digest, cancellationToken);
    }

    /// <summary>The same of a manifest.</summary>
    public async Task CollectManifestAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        CollectionRun run = NewRun;
        ManifestLook look = await new ManifestCollector(run, new OwnerJudge(run), new TombstoneRemover(run)).ExamineAsync(repository, digest, cancellationToken);
        if (look.Fate == ManifestFate.Ripe)
        {
            await new ManifestEnder(run).EndAsync(repository, new Dictionary<Digest, string> { [digest] = look.Nonce }, cancellationToken);
        }
    }

    /// <summary>Has a collector go through the repositories, without the notes that it takes of how far it is.</summary>
    public async Task CollectRepositoriesAsync(CancellationToken cancellationToken)
    {
        CollectionRun run = NewRun;
        var judge = new OwnerJudge(run);
        var tombstones = new TombstoneRemover(run);
        await new RepositoryScan(run, judge, new ManifestCollector(run, judge, tombstones), new ManifestEnder(run), new TagSweeper(run, tombstones))
            .RunAsync("", static _ => new(true), cancellationToken);
    }

    /// <summary>The same of the blobs.</summary>
    public async Task CollectBlobsAsync(CancellationToken cancellationToken)
    {
        CollectionRun run = NewRun;
        var judge = new OwnerJudge(run);
        await new BlobScan(run, judge, new BlobCollector(run, judge, new TombstoneRemover(run))).RunAsync(ScanPart.All(1)[^1], "", static _ => new(true), cancellationToken);
    }

    /// <summary>The same of the uploads.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken) => await new SessionSweeper(NewRun).RunAsync("", static _ => new(true), cancellationToken);

    /// <summary>What a collector does of its second step at a blob before it stops.</summary>
    public async Task StopAtGoneAsync(Digest digest, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Blob(digest);
        Versioned<BlobRecord>? found = await Root.Records.ReadAsync<BlobRecord>(key, cancellationToken);
        await Root.Records.PutAsync(key, found!.Record with { State = BlobState.Gone }, found, cancellationToken);
    }

    public void Dispose() => Root.Dispose();

    private sealed class Policy(Scenario scenario) : ICollectionPolicy
    {
        public TimeSpan? KeepUntagged(RepositoryName repository) => scenario.CollectUntagged ? TimeSpan.Zero : null;

        public TimeSpan? KeepOrphanedReferrers(RepositoryName repository) => scenario.CollectOrphans ? TimeSpan.Zero : null;
    }
}
