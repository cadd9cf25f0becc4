using Registry.Content;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Collection;
using Registry.Model;

namespace Registry.Core.Tests.Maintenance.Collection;

/// <summary>A store with a collector over it.</summary>
public abstract class CollectionTest : ContentTest
{
    private protected CollectionTest()
    {
        Collector = CollectorOf(Root);
    }

    private protected StubPolicy Policy { get; } = new();

    private protected CollectionOptions Settings { get; } = new() { OperationsPerSecond = null, Parts = 1 };

    private protected Collector Collector { get; }

    private protected Collector CollectorOf(ContentRoot root) => new(root, Settings, Policy);

    private protected async Task<CollectionCounts> ScanAsync(Collector? collector = null) => (await (collector ?? Collector).ScanAsync(dryRun: false, notSince: null, Cancel)).Counts;

    /// <summary>Scans, a grace period apart, until a scan finds nothing to do.</summary>
    private protected async Task CollectAllAsync()
    {
        for (int i = 0; i < 8; i++)
        {
            Time.Advance(Settings.UploadLifetime + Options.GracePeriod + TimeSpan.FromMinutes(1));
            await ScanAsync();
        }
    }

    private protected async Task AssertNothingIsLeftAsync()
    {
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
        Assert.Empty(await KeysAsync(ContentKeys.BlobsPrefix));
        Assert.Empty(await KeysAsync(ContentKeys.DataPrefix));
        Assert.Empty(await KeysAsync(ContentKeys.RefsPrefix));
        Assert.Empty(await KeysAsync(ContentKeys.RepositoriesPrefix));
        Assert.Empty(await KeysAsync(ContentKeys.UploadsPrefix));
    }

    internal sealed class StubPolicy : ICollectionPolicy
    {
        public TimeSpan? Untagged { get; set; }

        public TimeSpan? Orphaned { get; set; }

        public TimeSpan? KeepUntagged(RepositoryName repository) => Untagged;

        public TimeSpan? KeepOrphanedReferrers(RepositoryName repository) => Orphaned;
    }
}
