using Registry.Content.Quotas;
using Registry.Model;

namespace Registry.Feeds;

/// <summary>The quotas that the feeds over one store have now. A feed that does not answer keeps its quota: what is removed from it meanwhile makes room.</summary>
/// <param name="feeds">The feeds.</param>
/// <param name="store">The store's name.</param>
internal sealed class FeedQuotas(Func<FeedTable> feeds, string store) : IQuotaScopes
{
    public IReadOnlyList<QuotaScope> Feeds => [.. Own().Select(Scope).OfType<QuotaScope>()];

    public bool HasRepositories => Own().Any(static feed => Patterns(feed).Any());

    public string Names => string.Join('\n', Own()
        .Where(static feed => SetsLimit(feed.Settings.Quota) || Patterns(feed).Any())
        .OrderBy(static feed => feed.Name, StringComparer.Ordinal)
        .Select(static feed => $"{feed.Name} {SetsLimit(feed.Settings.Quota)} {string.Join(' ', Patterns(feed).Order(StringComparer.Ordinal))}"));

    public IReadOnlyList<QuotaScope> ScopesOf(RepositoryName repository)
    {
        FeedRepository owner = feeds().HolderOf(repository);
        if (owner.Feed is not { } feed || feed.Settings.Store != store)
        {
            return [];
        }

        QuotaScope? whole = Scope(feed);
        QuotaScope? single = Scope(feed, owner);
        return (whole, single) switch
        {
            (null, null) => [],
            (null, not null) => [single],
            (not null, null) => [whole],
            _ => [whole, single],
        };
    }

    private IEnumerable<ActiveFeed> Own() => feeds().All.Where(feed => feed.Settings.Store == store);

    private QuotaScope? Scope(ActiveFeed feed)
    {
        if (feed.Settings.Quota is not { } quota || !SetsLimit(quota))
        {
            return null;
        }

        string source = feed.Name.Length == 0 ? "this registry" : $"feed '{feed.ClientName}'";
        return QuotaScope.OfFeed(
            feed.Name,
            name => feeds().HolderOf(name).Feed?.Name == feed.Name,
            quota.Bytes is { } bytes ? new QuotaLimit(bytes, source) : null,
            quota.Tags is { } tags ? new QuotaLimit(tags, source) : null);
    }

    // Where several patterns fit, the least of each limit holds.
    private static QuotaScope? Scope(ActiveFeed feed, FeedRepository repository)
    {
        QuotaLimit? bytes = null;
        QuotaLimit? tags = null;
        foreach ((string pattern, StorageQuota quota) in feed.Settings.RepositoryQuotas)
        {
            if (Wildcard.Matches(pattern, repository.Name.Value))
            {
                bytes = Least(bytes, quota.Bytes, pattern);
                tags = Least(tags, quota.Tags, pattern);
            }
        }

        return bytes is null && tags is null ? null : QuotaScope.OfRepository(repository.FullName, bytes, tags);
    }

    private static IEnumerable<string> Patterns(ActiveFeed feed) => feed.Settings.RepositoryQuotas.Where(static pair => SetsLimit(pair.Value)).Select(static pair => pair.Key);

    private static bool SetsLimit(StorageQuota? quota) => quota is { Bytes: not null } or { Tags: not null };

    private static QuotaLimit? Least(QuotaLimit? known, long? value, string pattern) =>
        value is { } limit && (known is not { } least || limit < least.Value) ? new QuotaLimit(limit, $"each repository like '{pattern}'") : known;
}
