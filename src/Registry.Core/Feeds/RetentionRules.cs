using Registry.Model;

namespace Registry.Feeds;

/// <summary>What has to hold of a feed's rules on what it keeps.</summary>
internal static class RetentionRules
{
    private const int MaxNameLength = 128;
    private const int MaxPatternLength = 256;
    private const int MaxKept = 100_000;
    private const string TagPatternRule = "a tag has letters, digits and '.', '_', '-', beside the wildcards '*' and '?'";

    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>How reports and messages call a rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="index">Its place in the list, from 0 on.</param>
    public static string Describe(RetentionRule rule, int index) => rule.Name.Length > 0 ? rule.Name : $"rule {index + 1}";

    /// <summary>Names everything that is wrong.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="which">How messages call the feed.</param>
    public static IEnumerable<string> FindMistakes(IList<RetentionRule> rules, string which) => rules.SelectMany((rule, index) =>
        FindMistakes(rule).Concat(FindMistakesOfKind(rule)).Select(mistake => $"{nameof(Feed.Retention)} of {which}, {Describe(rule, index)}: {mistake}"));

    /// <summary>Whether two lists say the same, rule by rule.</summary>
    public static bool AreSame(IReadOnlyCollection<RetentionRule> left, IList<RetentionRule> right) =>
        left.Count == right.Count && left.Zip(right).All(static pair => IsSame(pair.First, pair.Second));

    private static bool IsSame(RetentionRule left, RetentionRule right) =>
        ReferenceEquals(left, right)
        || (left.Name == right.Name
            && left.Repositories.SequenceEqual(right.Repositories)
            && left.Origin == right.Origin
            && left.Untagged == right.Untagged
            && left.Tags.SequenceEqual(right.Tags)
            && left.OlderThan == right.OlderThan
            && left.NotPulledFor == right.NotPulledFor
            && left.KeepNewest == right.KeepNewest
            && left.KeepBy == right.KeepBy
            && left.KeepPer == right.KeepPer
            && left.TotalBytesAbove == right.TotalBytesAbove);

    private static IEnumerable<string> FindMistakes(RetentionRule rule)
    {
        if (rule.Name.Length > MaxNameLength)
        {
            yield return $"{nameof(rule.Name)} has {rule.Name.Length} characters; it may have {MaxNameLength}.";
        }

        foreach (string mistake in FindMistakes(rule.Repositories, nameof(rule.Repositories), FeedRules.IsRepositoryCharacter, FeedRules.RepositoryPatternRule)
            .Concat(FindMistakes(rule.Tags, nameof(rule.Tags), Tag.IsTagCharacter, TagPatternRule)))
        {
            yield return mistake;
        }

        if (rule.Origin is { } origin && !Enum.IsDefined(origin))
        {
            yield return $"{nameof(rule.Origin)} is {origin}; it must be {string.Join(", ", Enum.GetNames<ManifestOrigin>())}, or nothing.";
        }

        if (rule.OlderThan < TimeSpan.FromMinutes(1) || rule.OlderThan > Longest)
        {
            yield return $"{nameof(rule.OlderThan)} is {rule.OlderThan}; it must be from 1 minute to 3,650 days.";
        }

        if (rule.NotPulledFor < TimeSpan.FromDays(1) || rule.NotPulledFor > Longest)
        {
            yield return $"{nameof(rule.NotPulledFor)} is {rule.NotPulledFor}; it must be from 1 day to 3,650 days.";
        }

        if (rule.KeepNewest is < 1 or > MaxKept)
        {
            yield return $"{nameof(rule.KeepNewest)} is {rule.KeepNewest}; it must be from 1 to {MaxKept}.";
        }

        if (!Enum.IsDefined(rule.KeepBy))
        {
            yield return $"{nameof(rule.KeepBy)} is {rule.KeepBy}; it must be {string.Join(" or ", Enum.GetNames<RetentionOrder>())}.";
        }

        if (!Enum.IsDefined(rule.KeepPer))
        {
            yield return $"{nameof(rule.KeepPer)} is {rule.KeepPer}; it must be {string.Join(" or ", Enum.GetNames<RetentionScope>())}.";
        }

        if (rule.TotalBytesAbove < 0)
        {
            yield return $"{nameof(rule.TotalBytesAbove)} is {rule.TotalBytesAbove}; it must be 0 or more.";
        }
    }

    private static IEnumerable<string> FindMistakesOfKind(RetentionRule rule)
    {
        if (!rule.Untagged && rule.Tags.Count == 0 && rule.OlderThan is null && rule.NotPulledFor is null && rule.KeepNewest is null && rule.TotalBytesAbove is null)
        {
            yield return $"it would name every tag. Set {nameof(rule.Untagged)}, {nameof(rule.Tags)}, {nameof(rule.OlderThan)}, {nameof(rule.NotPulledFor)}, {nameof(rule.KeepNewest)} or {nameof(rule.TotalBytesAbove)}.";
        }

        if (rule.Untagged && (rule.Tags.Count > 0 || rule.KeepNewest is not null || rule.TotalBytesAbove is not null))
        {
            yield return $"{nameof(rule.Tags)}, {nameof(rule.KeepNewest)} and {nameof(rule.TotalBytesAbove)} are conditions on tags, and {nameof(rule.Untagged)} names what has none.";
        }

        if (rule.KeepNewest is null && (rule.KeepBy != RetentionOrder.Time || rule.KeepPer != RetentionScope.Repository))
        {
            yield return $"{nameof(rule.KeepBy)} and {nameof(rule.KeepPer)} say which the {nameof(rule.KeepNewest)} are that are kept. Set it too.";
        }
    }

    // A pattern that fits nothing may be an exception, and what it was to keep would go.
    private static IEnumerable<string> FindMistakes(IList<string> patterns, string setting, Func<char, bool> isOfNames, string rule)
    {
        foreach (string pattern in patterns)
        {
            string text = pattern.StartsWith('!') ? pattern[1..] : pattern;
            if (text.Length is 0 or > MaxPatternLength)
            {
                yield return $"'{pattern}' in {setting} is no pattern; it must have 1 to {MaxPatternLength} characters, beside a '!' in front.";
            }
            else if (NamePatterns.FindForeign(text, isOfNames) is { } foreign)
            {
                yield return $"'{pattern}' in {setting} fits no name, since none has a '{foreign}': {rule}.";
            }
        }
    }
}
