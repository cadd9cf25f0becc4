using Registry.Content;
using Registry.Content.Quotas;
using Registry.Feeds;
using Registry.Maintenance.Quotas;

namespace Registry.AspNetCore.Quotas;

/// <summary>Reads and verifies quotas by the feeds of the moment.</summary>
internal sealed class QuotaService(FeedDirectory feeds, ContentRoots roots, MaintenanceOptions options) : IQuotaService
{
    public async ValueTask<QuotaUsage?> GetUsageAsync(string feed, CancellationToken cancellationToken)
    {
        (_, ContentRoot root) = await FindAsync(feed, cancellationToken).ConfigureAwait(false);
        string key = ContentKeys.FeedQuota(feed);
        return await ReadAsync(root, root.Quotas.Scopes.Feeds.FirstOrDefault(scope => scope.Key == key), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<QuotaUsage?> GetUsageAsync(string feed, string repository, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(repository);
        (ActiveFeed found, ContentRoot root) = await FindAsync(feed, cancellationToken).ConfigureAwait(false);
        if (!found.TryResolve(repository, out FeedRepository named))
        {
            throw new ArgumentException($"'{repository}' is no repository's name.", nameof(repository));
        }

        return await ReadAsync(root, root.Quotas.Scopes.ScopesOf(named.FullName).FirstOrDefault(static scope => scope.Repository is not null), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<QuotaReport> VerifyAsync(CancellationToken cancellationToken)
    {
        var sum = new QuotaReport(0, 0, 0);
        foreach (string store in feeds.Current.Stores)
        {
            ContentRoot root = await roots.OpenAsync(store, cancellationToken).ConfigureAwait(false);
            sum = sum.And(await new QuotaVerification(root, options.Collection.LeaseDuration).RunAsync(cancellationToken).ConfigureAwait(false));
        }

        return sum;
    }

    private async ValueTask<(ActiveFeed Feed, ContentRoot Root)> FindAsync(string feed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(feed);
        ActiveFeed found = feeds.Current.FindByName(feed) ?? throw new InvalidOperationException($"There is no feed '{feed}', or it is disabled.");
        return (found, await roots.OpenAsync(found.Settings.Store, cancellationToken).ConfigureAwait(false));
    }

    private static async ValueTask<QuotaUsage?> ReadAsync(ContentRoot root, QuotaScope? scope, CancellationToken cancellationToken)
    {
        if (scope is null)
        {
            return null;
        }

        QuotaRecord record = await root.Quotas.ReadAsync(scope, cancellationToken).ConfigureAwait(false);
        return new QuotaUsage(record.Bytes, scope.Bytes?.Value, record.Tags, scope.Tags?.Value, record.Verified);
    }
}
