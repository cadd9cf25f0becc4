using Registry.Content;
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

    /// <summary>Has a collector look at one blob and nothing else.</summary>
    public async Task CollectBlobAsync(Digest digest, CancellationToken cancellationToken)
    {
        var run = new CollectionRun(Root, _options, _policy, _clock, dryRun: false);
        await new BlobCollector(run, new OwnerJudge(run), new TombstoneRemover(run)).ExamineAsync(digest, cancellationToken);
    }

    public void Dispose() => Root.Dispose();

    private sealed class Policy(Scenario scenario) : ICollectionPolicy
    {
        public TimeSpan? KeepUntagged(RepositoryName repository) => scenario.CollectUntagged ? TimeSpan.Zero : null;

        public TimeSpan? KeepOrphanedReferrers(RepositoryName repository) => scenario.CollectOrphans ? TimeSpan.Zero : null;
    }
}
