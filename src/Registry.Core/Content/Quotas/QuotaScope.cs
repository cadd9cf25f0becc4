using System.Globalization;
using Registry.Errors;
using Registry.Model;

namespace Registry.Content.Quotas;

/// <summary>Repositories that have one limit together: those of a feed, or one by itself.</summary>
/// <param name="key">The key of the record that says how much of the limit is used.</param>
/// <param name="repository">The one repository, or <see langword="null"/> for those of a feed.</param>
/// <param name="prefix">What the full names of a feed's repositories begin with; empty where only <paramref name="contains"/> tells.</param>
/// <param name="contains">Whether a repository is one of them.</param>
internal sealed class QuotaScope(string key, RepositoryName? repository, string prefix, Func<RepositoryName, bool> contains)
{
    public string Key { get; } = key;

    public RepositoryName? Repository { get; } = repository;

    public string Prefix { get; } = prefix;

    /// <summary>How many bytes it may hold.</summary>
    public QuotaLimit? Bytes { get; init; }

    /// <summary>How many tags it may have.</summary>
    public QuotaLimit? Tags { get; init; }

    public bool Contains(RepositoryName name) => contains(name);

    /// <summary>The scope of a feed.</summary>
    /// <param name="feed">The feed's own name; empty for the default feed.</param>
    /// <param name="contains">Whether a repository is one of the feed's.</param>
    /// <param name="bytes">How many bytes it may hold.</param>
    /// <param name="tags">How many tags it may have.</param>
    public static QuotaScope OfFeed(string feed, Func<RepositoryName, bool> contains, QuotaLimit? bytes, QuotaLimit? tags) =>
        new(ContentKeys.FeedQuota(feed), null, feed.Length == 0 ? "" : feed + "/", contains) { Bytes = bytes, Tags = tags };

    /// <summary>The scope of one repository.</summary>
    public static QuotaScope OfRepository(RepositoryName repository, QuotaLimit? bytes, QuotaLimit? tags) =>
        new(ContentKeys.RepositoryQuota(repository), repository, repository.Value, name => name == repository) { Bytes = bytes, Tags = tags };

    /// <summary>How to refuse a push that would need more bytes than there are left, or <see langword="null"/> where they are enough.</summary>
    public RegistryException? RefuseBytes(long used, long asked, bool orMore = false) =>
        asked > 0 && Bytes is { } limit && asked > limit.Value - used ? Refuse(limit, used, asked, orMore ? " or more" : "", "bytes") : null;

    /// <summary>How to refuse a push that would make more tags than may be.</summary>
    public RegistryException? RefuseTags(long used, long asked) =>
        asked > 0 && Tags is { } limit && asked > limit.Value - used ? Refuse(limit, used, asked, "", "tags") : null;

    private static RegistryException Refuse(QuotaLimit limit, long used, long asked, string more, string what) => new(
        RegistryErrorCode.Denied,
        string.Create(CultureInfo.InvariantCulture, $"The quota of {limit.Source} is too small for this push: {what} used {used}, asked for {asked}{more}, allowed {limit.Value}."));
}
