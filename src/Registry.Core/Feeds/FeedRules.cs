using System.Buffers;
using Registry.Model;

namespace Registry.Feeds;

/// <summary>What has to hold of feeds: each by itself, and all together.</summary>
internal static class FeedRules
{
    private const int MaxNameLength = 128;
    private const int MaxPeriodDays = 3650;

    /// <summary>What patterns of repositories are made of.</summary>
    public const string RepositoryPatternRule = "a name has lower-case letters, digits and '.', '_', '-', '/', beside the wildcards '*' and '?'";

    private static readonly SearchValues<char> RepositoryCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-/");

    /// <summary>Whether a text can be a feed's name or alias: one part of a repository's name.</summary>
    public static bool IsName(string text) => text.Length <= MaxNameLength && !text.Contains('/', StringComparison.Ordinal) && RepositoryName.TryParse(text, out _);

    /// <summary>Whether a character can be in a repository's name.</summary>
    public static bool IsRepositoryCharacter(char c) => RepositoryCharacters.Contains(c);

    /// <summary>The names that clients use for a feed.</summary>
    public static IEnumerable<string> ClientNames(Feed feed) => feed.Aliases.Count > 0 ? feed.Aliases : [feed.Name];

    /// <summary>How messages call a feed.</summary>
    public static string Describe(Feed feed) => feed.Name.Length == 0 ? "the default feed" : $"feed '{feed.Name}'";

    /// <summary>Names everything that is wrong.</summary>
    public static IEnumerable<string> FindMistakes(IReadOnlyList<Feed> feeds) => feeds.SelectMany(FindMistakes).Concat(FindClashes(feeds));

    private static IEnumerable<string> FindMistakes(Feed feed)
    {
        string which = Describe(feed);
        if (feed.Name.Length > 0 && !IsName(feed.Name))
        {
            yield return $"The name of {which} is no feed's name. {NameRule}";
        }

        if (feed.Name.Length == 0 && feed.Aliases.Count > 0)
        {
            yield return "The default feed has no name in front of its repositories, and so no aliases.";
        }

        foreach (string alias in feed.Aliases.Where(static alias => !IsName(alias)))
        {
            yield return $"The alias '{alias}' of {which} is no feed's name. {NameRule}";
        }

        foreach (string host in feed.Hosts.Where(static host => !FeedHost.IsValid(host)))
        {
            yield return $"The host '{host}' of {which} is no host name, with or without a port: main.example.com, main.example.com:5000.";
        }

        if (feed.MaxBlobBytes < 1)
        {
            yield return $"{nameof(Feed.MaxBlobBytes)} of {which} is {feed.MaxBlobBytes}; it must be 1 or more, or null for the registry's own limit.";
        }

        foreach (string mistake in FindMistakesInQuotas(feed, which))
        {
            yield return mistake;
        }

        foreach ((string setting, TimeSpan? period) in new[] { (nameof(Feed.KeepUntagged), feed.KeepUntagged), (nameof(Feed.KeepOrphanedReferrers), feed.KeepOrphanedReferrers) })
        {
            if (period < TimeSpan.Zero || period > TimeSpan.FromDays(MaxPeriodDays))
            {
                yield return $"{setting} of {which} is {period}; it must be from zero to {MaxPeriodDays} days, or null to keep for good.";
            }
        }

        if (feed.Anonymous is { } anonymous && !Enum.IsDefined(anonymous))
        {
            yield return $"{nameof(Feed.Anonymous)} of {which} is {anonymous}; it must be {string.Join(", ", Enum.GetNames<AnonymousAccess>())}, or nothing.";
        }

        foreach ((string setting, IList<string> patterns) in ((string, IList<string>)[])[(nameof(Feed.ImmutableTags), feed.ImmutableTags), (nameof(Feed.ProtectedTags), feed.ProtectedTags)])
        {
            foreach ((string pattern, string mistake) in NamePatterns.FindMistakes(patterns, Tag.IsTagCharacter))
            {
                yield return $"The pattern '{pattern}' in {setting} of {which} {mistake}.";
            }
        }

        foreach (string type in feed.ArtifactTypes.Where(static type => type.Length is 0 or > 255))
        {
            yield return $"The artifact type '{type}' of {which} must have 1 to 255 characters.";
        }

        foreach (string mistake in RetentionRules.FindMistakes(feed.Retention, which))
        {
            yield return mistake;
        }
    }

    private static IEnumerable<string> FindMistakesInQuotas(Feed feed, string which)
    {
        foreach ((string name, long value) in FindNegative(feed.Quota, nameof(Feed.Quota)))
        {
            yield return $"{name} of {which} is {value}; {QuotaRule}";
        }

        foreach ((string pattern, StorageQuota? quota) in feed.RepositoryQuotas)
        {
            if (pattern.Length is 0 or > RepositoryName.MaxLength || NamePatterns.FindForeign(pattern, IsRepositoryCharacter) is not null)
            {
                yield return $"The repositories '{pattern}' in {nameof(Feed.RepositoryQuotas)} of {which} are none: {RepositoryPatternRule}.";
            }

            if (quota is null or { Bytes: null, Tags: null })
            {
                yield return $"{nameof(Feed.RepositoryQuotas)} of {which} sets no limit for '{pattern}': it must have {nameof(StorageQuota.Bytes)}, {nameof(StorageQuota.Tags)} or both.";
            }

            foreach ((string name, long value) in FindNegative(quota, $"{nameof(Feed.RepositoryQuotas)}['{pattern}']"))
            {
                yield return $"{name} of {which} is {value}; {QuotaRule}";
            }
        }
    }

    private static IEnumerable<(string Name, long Value)> FindNegative(StorageQuota? quota, string name)
    {
        if (quota?.Bytes < 0)
        {
            yield return ($"{name}.{nameof(StorageQuota.Bytes)}", quota.Bytes.Value);
        }

        if (quota?.Tags < 0)
        {
            yield return ($"{name}.{nameof(StorageQuota.Tags)}", quota.Tags.Value);
        }
    }

    // Each name and each host leads to one feed. A feed's own name is taken even while clients use an alias for it: its content is stored under it.
    private static IEnumerable<string> FindClashes(IReadOnlyList<Feed> feeds)
    {
        var names = new Dictionary<string, Feed>(StringComparer.Ordinal);
        var hosts = new Dictionary<string, Feed>(StringComparer.OrdinalIgnoreCase);
        foreach (Feed feed in feeds)
        {
            foreach (string name in feed.Aliases.Prepend(feed.Name).Distinct(StringComparer.Ordinal))
            {
                if (!names.TryAdd(name, feed))
                {
                    yield return $"Two feeds would answer for the name '{name}': {Describe(names[name])} and {Describe(feed)}.";
                }
            }

            foreach (string host in feed.Hosts.Distinct(StringComparer.OrdinalIgnoreCase))
            {
                if (!hosts.TryAdd(host, feed))
                {
                    yield return $"Two feeds would answer for the host '{host}': {Describe(hosts[host])} and {Describe(feed)}.";
                }
            }
        }
    }

    private const string QuotaRule = "it must be 0 or more, or null for no limit.";

    private static string NameRule => $"It has lower-case letters and digits, joined by '.', '_', '__' or '-', and at most {MaxNameLength} characters.";
}
