using System.Globalization;
using Microsoft.Extensions.Configuration;
using Registry.Feeds;

namespace Registry.AspNetCore.Feeds;

/// <summary>Reads a feed's rules on what it keeps: a list of sections with the settings of <see cref="RetentionRule"/>.</summary>
internal static class RetentionSection
{
    /// <summary>Adds the rules of a section to a feed's, and names what cannot be read.</summary>
    public static void Read(IConfigurationSection section, IList<RetentionRule> rules, List<string> mistakes)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            mistakes.Add($"'{section.Path}' is '{section.Value}'; it must be a list of rules.");
        }

        foreach (IConfigurationSection item in section.GetChildren())
        {
            var rule = new RetentionRule();
            rules.Add(rule);
            foreach (IConfigurationSection setting in item.GetChildren())
            {
                if (Apply(rule, item, setting) is { } mistake)
                {
                    mistakes.Add(mistake);
                }
            }
        }
    }

    // Answers with what is wrong, if anything is: a condition that is dropped without a word leaves a rule that removes more than was meant.
    private static string? Apply(RetentionRule rule, IConfigurationSection section, IConfigurationSection setting)
    {
        bool mayBeEmpty = setting.Key.Equals(nameof(RetentionRule.Name), StringComparison.OrdinalIgnoreCase);
        if (ListOf(rule, setting.Key) is { } list)
        {
            FeedSection.Add(list, setting);
            mayBeEmpty = list.Count > 0 || (list == rule.Tags && bool.TryParse(section[nameof(RetentionRule.Untagged)], out bool untagged) && untagged);
        }
        else if (!TrySet(rule, setting))
        {
            return setting.Value is { } value
                ? $"'{setting.Path}' is '{value}', which is no value of a retention rule's setting."
                : $"'{setting.Path}' is no setting of a retention rule.";
        }
        else if (setting.GetChildren().Any())
        {
            return FeedSection.NotOneValue(setting);
        }

        return setting.Value is "" && !mayBeEmpty ? $"'{setting.Path}' is empty. Leave out what the rule is not to ask for." : null;
    }

    private static IList<string>? ListOf(RetentionRule rule, string setting) => setting.ToUpperInvariant() switch
    {
        "REPOSITORIES" => rule.Repositories,
        "TAGS" => rule.Tags,
        _ => null,
    };

    private static bool TrySet(RetentionRule rule, IConfigurationSection setting)
    {
        string? text = string.IsNullOrEmpty(setting.Value) ? null : setting.Value;
        switch (setting.Key.ToUpperInvariant())
        {
            case "NAME":
                rule.Name = text ?? "";
                return true;
            case "ORIGIN":
                bool isOrigin = TryReadEnum(text, out ManifestOrigin origin);
                rule.Origin = isOrigin ? origin : null;
                return isOrigin || text is null;
            case "UNTAGGED":
                bool isBool = bool.TryParse(text, out bool untagged);
                rule.Untagged = untagged;
                return isBool || text is null;
            case "OLDERTHAN":
                bool isAge = TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan age);
                rule.OlderThan = isAge ? age : null;
                return isAge || text is null;
            case "NOTPULLEDFOR":
                bool isTime = TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan time);
                rule.NotPulledFor = isTime ? time : null;
                return isTime || text is null;
            case "KEEPNEWEST":
                bool isCount = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count);
                rule.KeepNewest = isCount ? count : null;
                return isCount || text is null;
            case "KEEPBY":
                bool isOrder = TryReadEnum(text, out RetentionOrder order);
                rule.KeepBy = order;
                return isOrder || text is null;
            case "KEEPPER":
                bool isScope = TryReadEnum(text, out RetentionScope scope);
                rule.KeepPer = scope;
                return isScope || text is null;
            case "TOTALBYTESABOVE":
                bool isSize = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long size);
                rule.TotalBytesAbove = isSize ? size : null;
                return isSize || text is null;
            default:
                return false;
        }
    }

    private static bool TryReadEnum<T>(string? text, out T value)
        where T : struct, Enum
    {
        bool isValue = Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value);
        value = isValue ? value : default;
        return isValue;
    }
}
