using Registry.Content.Quotas;
using Registry.Feeds;
using Registry.Model;

namespace Registry.Core.Tests.Feeds;

/// <summary>Which quotas there are over a store, by its feeds.</summary>
public sealed class FeedQuotasTests
{
    [Fact]
    public void What_sets_no_limit_is_no_quota_until_it_sets_one()
    {
        var feed = new Feed("main") { Quota = new StorageQuota() };
        feed.RepositoryQuotas["team/*"] = new StorageQuota();
        FeedQuotas quotas = Of(feed);
        Assert.Equal(("", false), (quotas.Names, quotas.HasRepositories));
        Assert.Empty(quotas.Feeds);

        feed.RepositoryQuotas["team/*"].Tags = 1;
        string single = quotas.Names;
        Assert.NotEqual("", single);
        Assert.True(quotas.HasRepositories);
        Assert.Empty(quotas.Feeds);
        feed.Quota.Bytes = 1_000;

        Assert.NotEqual(single, quotas.Names);
        Assert.Single(quotas.Feeds);
    }

    [Fact]
    public void A_feed_that_does_not_answer_keeps_its_quota()
    {
        var feed = new Feed("main") { Quota = new StorageQuota { Bytes = 1_000 } };
        var repository = RepositoryName.Parse("main/app");
        string answering = Of(feed).Names;

        feed.Enabled = false;
        FeedQuotas quotas = Of(feed);

        Assert.Equal(answering, quotas.Names);
        QuotaScope scope = Assert.Single(quotas.ScopesOf(repository));
        Assert.Equal(Assert.Single(quotas.Feeds).Key, scope.Key);
        Assert.True(scope.Contains(repository));
        Assert.False(scope.Contains(RepositoryName.Parse("other/app")));
    }

    private static FeedQuotas Of(params Feed[] feeds)
    {
        var table = new FeedTable([.. feeds, new Feed("elsewhere") { Store = "other", Quota = new StorageQuota { Bytes = 1 } }]);
        return new FeedQuotas(() => table, "");
    }
}
