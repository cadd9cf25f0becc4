using Registry.Model;

namespace Registry.Content.Quotas;

/// <summary>Says which quotas there are over a store, as they are now.</summary>
internal interface IQuotaScopes
{
    /// <summary>The scopes of feeds that have a quota.</summary>
    IReadOnlyList<QuotaScope> Feeds { get; }

    /// <summary>Whether there may be quotas of single repositories.</summary>
    bool HasRepositories { get; }

    /// <summary>What has a quota, in a text that is another one when something comes to have one.</summary>
    string Names { get; }

    /// <summary>The scopes that a repository is in: its feed's, its own, or none.</summary>
    IReadOnlyList<QuotaScope> ScopesOf(RepositoryName repository);
}

/// <summary>No quotas at all.</summary>
internal sealed class NoQuotas : IQuotaScopes
{
    public static NoQuotas Instance { get; } = new();

    public IReadOnlyList<QuotaScope> Feeds => [];

    public bool HasRepositories => false;

    public string Names => "";

    public IReadOnlyList<QuotaScope> ScopesOf(RepositoryName repository) => [];
}
