using Registry.Content.Quotas;
using Registry.Model;

namespace Registry.Core.Tests.Content.Quotas;

/// <summary>Quotas that a test sets and changes. The first part of a repository's name is its feed, where there is one of that name; all others are of the default feed.</summary>
internal sealed class TestQuotas : IQuotaScopes
{
    public Dictionary<string, (long? Bytes, long? Tags)> Limits { get; } = new(StringComparer.Ordinal);

    /// <summary>What each repository may have.</summary>
    public (long? Bytes, long? Tags) Repository { get; set; }

    public IReadOnlyList<QuotaScope> Feeds => [.. Limits.Keys.Select(Of)];

    public bool HasRepositories => Repository != default;

    public string Names => string.Join('\n', Limits.Keys) + (HasRepositories ? " *" : "");

    public QuotaScope Of(string feed) => QuotaScope.OfFeed(feed, name => FeedOf(name) == feed, Limit(Limits[feed].Bytes, $"feed '{feed}'"), Limit(Limits[feed].Tags, $"feed '{feed}'"));

    public QuotaScope OfRepository(RepositoryName name) => QuotaScope.OfRepository(name, Limit(Repository.Bytes, "each repository like '*'"), Limit(Repository.Tags, "each repository like '*'"));

    public IReadOnlyList<QuotaScope> ScopesOf(RepositoryName repository)
    {
        var scopes = new List<QuotaScope>();
        if (Limits.ContainsKey(FeedOf(repository)))
        {
            scopes.Add(Of(FeedOf(repository)));
        }

        if (HasRepositories)
        {
            scopes.Add(OfRepository(repository));
        }

        return scopes;
    }

    private string FeedOf(RepositoryName name) => name.Value.Split('/')[0] is var first && first.Length < name.Value.Length && Limits.ContainsKey(first) ? first : "";

    private static QuotaLimit? Limit(long? value, string source) => value is { } limit ? new QuotaLimit(limit, source) : null;
}
