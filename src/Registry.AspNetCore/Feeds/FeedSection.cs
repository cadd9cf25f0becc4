using System.Globalization;
using Microsoft.Extensions.Configuration;
using Registry.Feeds;

namespace Registry.AspNetCore.Feeds;

/// <summary>Reads feeds from configuration: a section for each, under its name.</summary>
internal static class FeedSection
{
    /// <summary>What the section of the default feed is called, since an empty name cannot be written there.</summary>
    public const string DefaultName = "(default)";

    /// <summary>Says that a setting is a list or a section, which would be taken for nothing.</summary>
    public static string NotOneValue(IConfigurationSection setting) => $"'{setting.Path}' is a list or a section; it must be one value.";

    /// <exception cref="InvalidOperationException">Something in it cannot be read; the message names all of it.</exception>
    public static IReadOnlyList<Feed> Read(IConfiguration section)
    {
        var mistakes = new List<string>();
        Feed[] feeds = [.. section.GetChildren().Select(child => Read(child, mistakes))];
        return mistakes.Count == 0 ? feeds : throw new InvalidOperationException(string.Join(Environment.NewLine + "- ", mistakes));
    }

    private static Feed Read(IConfigurationSection section, List<string> mistakes)
    {
        var feed = new Feed(section.Key == DefaultName ? "" : section.Key);
        foreach (IConfigurationSection setting in section.GetChildren())
        {
            if (setting.Key.Equals(nameof(Feed.Retention), StringComparison.OrdinalIgnoreCase))
            {
                RetentionSection.Read(setting, feed.Retention, mistakes);
            }
            else if (setting.Key.Equals(nameof(Feed.Quota), StringComparison.OrdinalIgnoreCase))
            {
                feed.Quota = QuotaSection.Read(setting, mistakes);
            }
            else if (setting.Key.Equals(nameof(Feed.RepositoryQuotas), StringComparison.OrdinalIgnoreCase))
            {
                foreach (IConfigurationSection pattern in setting.GetChildren())
                {
                    feed.RepositoryQuotas[pattern.Key] = QuotaSection.Read(pattern, mistakes);
                }
            }
            else if (ListOf(feed, setting.Key) is { } list)
            {
                Add(list, setting);
            }
            else if (!TrySet(feed, setting))
            {
                mistakes.Add(setting.Value is { } value
                    ? $"'{setting.Path}' is '{value}', which is no value of a feed's setting."
                    : $"'{setting.Path}' is no setting of a feed.");
            }
            else if (setting.GetChildren().Any())
            {
                mistakes.Add(NotOneValue(setting));
            }
        }

        return feed;
    }

    private static IList<string>? ListOf(Feed feed, string setting) => setting.ToUpperInvariant() switch
    {
        "ALIASES" => feed.Aliases,
        "HOSTS" => feed.Hosts,
        "ARTIFACTTYPES" => feed.ArtifactTypes,
        "IMMUTABLETAGS" => feed.ImmutableTags,
        "PROTECTEDTAGS" => feed.ProtectedTags,
        "WARNINGS" => feed.Warnings,
        _ => null,
    };

    private static bool TrySet(Feed feed, IConfigurationSection setting)
    {
        switch (setting.Key.ToUpperInvariant())
        {
            case "STORE":
                feed.Store = setting.Value ?? "";
                return true;
            case "ENABLED":
                return TrySet(setting, value => feed.Enabled = value);
            case "READONLY":
                return TrySet(setting, value => feed.ReadOnly = value);
            case "ALLOWDELETE":
                return TrySet(setting, value => feed.AllowDelete = value);
            case "IMMUTABLETAGSEXCEPTOVERWRITE":
                return TrySet(setting, value => feed.ImmutableTagsExceptOverwrite = value);
            case "REDIRECTS":
                return TrySet(setting, value => feed.Redirects = value);
            case "MAXBLOBBYTES":
                bool isEmpty = string.IsNullOrEmpty(setting.Value);
                bool isNumber = long.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes);
                feed.MaxBlobBytes = isNumber ? bytes : null;
                return isEmpty || isNumber;
            case "KEEPUNTAGGED":
                return TrySet(setting, value => feed.KeepUntagged = value);
            case "KEEPORPHANEDREFERRERS":
                return TrySet(setting, value => feed.KeepOrphanedReferrers = value);
            case "ANONYMOUS":
                bool isAccess = Enum.TryParse(setting.Value, ignoreCase: true, out AnonymousAccess access) && Enum.IsDefined(access);
                feed.Anonymous = isAccess ? access : null;
                return isAccess || string.IsNullOrEmpty(setting.Value);
            default:
                return false;
        }
    }

    /// <summary>Adds a value, or each of a list of values.</summary>
    public static void Add(IList<string> list, IConfigurationSection setting)
    {
        if (setting.Value is { Length: > 0 } one)
        {
            list.Add(one);
        }

        foreach (IConfigurationSection item in setting.GetChildren())
        {
            list.Add(item.Value ?? "");
        }
    }

    private static bool TrySet(IConfigurationSection setting, Action<TimeSpan?> set)
    {
        bool isEmpty = string.IsNullOrEmpty(setting.Value);
        bool isPeriod = TimeSpan.TryParse(setting.Value, CultureInfo.InvariantCulture, out TimeSpan period);
        set(isPeriod ? period : null);
        return isEmpty || isPeriod;
    }

    private static bool TrySet(IConfigurationSection setting, Action<bool> set)
    {
        bool isBool = bool.TryParse(setting.Value, out bool value);
        if (isBool)
        {
            set(value);
        }

        return isBool;
    }
}
