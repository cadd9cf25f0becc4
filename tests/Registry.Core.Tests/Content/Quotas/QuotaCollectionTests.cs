using Registry.Maintenance.Collection;
using Registry.Model;

namespace Registry.Core.Tests.Content.Quotas;

/// <summary>What a collector lets go of makes room.</summary>
public sealed class QuotaCollectionTests : QuotaTest
{
    [Fact]
    public async Task Blobs_whose_time_is_over_and_manifests_that_no_tag_points_at_are_counted_off()
    {
        Limit(10_000, 10);
        var collector = new Collector(Root, new CollectionOptions { OperationsPerSecond = null, Parts = 1 }, new Policy());
        await Root.PushImageAsync(Repo, "kept", "kept");
        await Root.PushImageAsync(Repo, "untagged");
        await Root.PushBlobAsync(Repo, Bytes(1_000));
        await Root.PushBlobAsync(OtherRepo, Bytes(1_000));
        (long Bytes, long Tags) before = await UsedAsync();

        for (int i = 0; i < 6; i++)
        {
            Time.Advance(Options.GracePeriod + TimeSpan.FromHours(1));
            await collector.ScanAsync(dryRun: false, notSince: null, Cancel);
            await AssertExactAsync();
        }

        (long Bytes, long Tags) after = await UsedAsync();
        Assert.True(after.Bytes < before.Bytes - 1_000);
        Assert.Equal(1, after.Tags);
        await Root.PushBlobAsync(Repo, Bytes(1_000));
        await AssertExactAsync();
        Assert.Equal(after.Bytes + 1_000, (await UsedAsync()).Bytes);
    }

    private sealed class Policy : ICollectionPolicy
    {
        public TimeSpan? KeepUntagged(RepositoryName repository) => TimeSpan.FromHours(1);

        public TimeSpan? KeepOrphanedReferrers(RepositoryName repository) => null;
    }
}
