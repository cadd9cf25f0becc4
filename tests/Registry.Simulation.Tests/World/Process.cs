using Microsoft.Extensions.Logging.Abstractions;
using Registry.Content;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Quotas;
using Registry.Maintenance.Retention;
using Registry.Maintenance.Scrubbing;
using Registry.Model;
using Registry.Simulation.Scenarios;
using Registry.Storage;

namespace Registry.Simulation.World;

/// <summary>A host's process: what it has of the registry, and its collector.</summary>
internal sealed class Process : IDisposable
{
    /// <summary>How old a tag, or a manifest without one, is when it is kept no longer: the first tag alone, and all manifests.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    private static readonly FeedTable s_feeds = new([Rules()]);

    private readonly CollectionOptions _options = new() { OperationsPerSecond = null, Parts = 1, UploadLifetime = TimeSpan.FromHours(1), LeaseDuration = TimeSpan.FromMinutes(10) };
    private readonly Scenario _scenario;
    private readonly Policy _policy;
    private readonly StoreTime _clock;

    /// <param name="store">The store.</param>
    /// <param name="scenario">What it is about.</param>
    /// <param name="time">The host's clock.</param>
    /// <param name="random">Draws.</param>
    /// <param name="storeNow">What time it is by the store's clock, which collectors know when they are at a part of their work.</param>
    public Process(IObjectStore store, Scenario scenario, TimeProvider time, Random random, DateTimeOffset storeNow)
    {
        Root = new ContentRoot(store, new ContentOptions { GracePeriod = Simulator.GracePeriod, CacheLifetime = scenario.CacheLifetime }, time, random, scenario.Quota is { } limits ? new Quotas(limits) : null);
        _scenario = scenario;
        _policy = new Policy(scenario);
        _clock = new StoreTime(time);
        _clock.Observe(storeNow);
        Collector = new Collector(Root, _options, _policy);
    }

    /// <summary>The rules of what may be done to tags, where the first is immutable.</summary>
    public static TagRules TagRules { get; } = s_feeds.Default!.Tags;

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
            await new ManifestEnder(run).EndAsync(repository, new Dictionary<Digest, string> { [digest] = look.Nonce }, [], cancellationToken);
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

    /// <summary>Has a collector that stops before the bytes go take the second step at a blob, if it is due.</summary>
    public async Task StopAtGoneAsync(Digest digest, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Blob(digest);
        Versioned<BlobRecord>? found = await Root.Records.ReadAsync<BlobRecord>(key, cancellationToken);
        var look = new CollectionRun(Root, _options, _policy, _clock, dryRun: true);
        BlobFate fate = await new BlobCollector(look, new OwnerJudge(look), new TombstoneRemover(look)).ExamineAsync(digest, cancellationToken);
        if (found is { Record.State: BlobState.Condemned } && fate == BlobFate.Removed)
        {
            await Root.Records.PutAsync(key, found.Record with { State = BlobState.Gone }, found, cancellationToken);
        }
    }

    /// <summary>Carries out the rules on what is kept.</summary>
    public async Task RetainAsync(CancellationToken cancellationToken)
    {
        var runner = new RetentionRunner(Root, new UnneededManifests(Root, _options, _clock), (_, _, tag) => _scenario.HasImmutableTag && TagRules.IsGuarded(tag));
        await runner.RunAsync(static () => s_feeds, s_feeds.Default!, [.. s_feeds.Default!.Settings.Retention], dryRun: false, null, null, cancellationToken);
    }

    /// <summary>Scrubs, with a good copy of everything at hand where the store spoiled something.</summary>
    public Task<ScrubReport> ScrubAsync(CancellationToken cancellationToken) =>
        new Scrub(Root, _scenario.IsSpoilt ? new GoodCopy() : null, NullLogger.Instance).RunAsync(new ScrubOptions { BytesPerSecond = null }, cancellationToken);

    /// <summary>Counts what the quota counts.</summary>
    public async Task<QuotaReport> RecountAsync(CancellationToken cancellationToken) => await new QuotaRecount(Root).RunAsync(cancellationToken);

    public void Dispose() => Root.Dispose();

    private static Feed Rules()
    {
        var feed = new Feed("");
        feed.ImmutableTags.Add(Universe.Tags[0].Value);
        feed.Retention.Add(new RetentionRule { OlderThan = KeptFor, Tags = { Universe.Tags[0].Value } });
        feed.Retention.Add(new RetentionRule { OlderThan = KeptFor, Untagged = true });
        return feed;
    }

    private sealed class Quotas(QuotaLimits limits) : IQuotaScopes
    {
        private readonly QuotaScope[] _scopes = [QuotaScope.OfFeed("", static _ => true, new QuotaLimit(limits.Bytes, "the feed"), new QuotaLimit(limits.Tags, "the feed"))];

        public IReadOnlyList<QuotaScope> Feeds => _scopes;

        public bool HasRepositories => false;

        public string Names => "all";

        public IReadOnlyList<QuotaScope> ScopesOf(RepositoryName repository) => _scopes;
    }

    private sealed class GoodCopy : IScrubSource
    {
        public ValueTask<ObjectContent?> OpenBlobAsync(Digest digest, IReadOnlyList<RepositoryName> holders, CancellationToken cancellationToken)
        {
            byte[] bytes = Universe.BlobBytes[Universe.BlobOf(digest)];
            return new(new ObjectContent(new MemoryStream(bytes, writable: false), bytes.Length));
        }

        public ValueTask<ReadOnlyMemory<byte>?> ReadManifestAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) => new((ReadOnlyMemory<byte>?)null);
    }

    private sealed class Policy(Scenario scenario) : ICollectionPolicy
    {
        public TimeSpan? KeepUntagged(RepositoryName repository) => scenario.CollectUntagged ? TimeSpan.Zero : null;

        public TimeSpan? KeepOrphanedReferrers(RepositoryName repository) => scenario.CollectOrphans ? TimeSpan.Zero : null;
    }
}
