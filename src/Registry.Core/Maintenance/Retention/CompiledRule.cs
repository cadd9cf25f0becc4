using System.Globalization;
using Registry.Feeds;
using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>A rule made ready for one run.</summary>
internal sealed class CompiledRule(RetentionRule rule, int index, DateTimeOffset now)
{
    private readonly NameSelection _repositories = new(rule.Repositories);
    private readonly NameSelection _tags = new(rule.Tags);

    public string Name { get; } = RetentionRules.Describe(rule, index);

    public bool Untagged => rule.Untagged;

    public bool AsksForPulls => rule.NotPulledFor is not null;

    public int? KeepNewest => rule.KeepNewest;

    public long? TotalBytesAbove => rule.TotalBytesAbove;

    /// <summary>Whether a tag cannot be judged without the others of its repository.</summary>
    public bool Ranks => rule.KeepNewest is not null || rule.TotalBytesAbove is not null;

    /// <summary>Whether the rule can name anything in a repository.</summary>
    /// <param name="repository">Its name within the feed.</param>
    /// <param name="origin">Where its content comes from.</param>
    public bool IsAbout(RepositoryName repository, ManifestOrigin origin) =>
        (rule.Origin is null || rule.Origin == origin) && _repositories.Includes(repository.Value);

    /// <summary>Whether the rule is about a tag: what it keeps the newest of.</summary>
    public bool Selects(Tag tag, out SemanticVersion version, out string prefix)
    {
        version = default;
        prefix = "";
        if (!_tags.Includes(tag.Value))
        {
            return false;
        }

        bool perPrefix = rule.KeepPer == RetentionScope.TagPrefix;
        if (rule.KeepNewest is null || rule.KeepBy == RetentionOrder.Time)
        {
            prefix = perPrefix ? tag.Value[..Math.Max(tag.Value.LastIndexOfAny(['-', '_']), 0)] : "";
            return true;
        }

        return perPrefix ? TryFindVersion(tag.Value, out version, out prefix) : SemanticVersion.TryParse(tag.Value.AsMemory(), out version);
    }

    /// <summary>Whether something is old, and was unused for long, enough.</summary>
    public bool IsOldEnough(DateTimeOffset pushed, DateTimeOffset lastUsed) =>
        (rule.OlderThan is not { } age || now - pushed > age) && (rule.NotPulledFor is not { } unused || now - lastUsed > unused);

    /// <summary>Orders tags from the newest on.</summary>
    public int CompareNewestFirst((TagFacts Tag, SemanticVersion Version) left, (TagFacts Tag, SemanticVersion Version) right)
    {
        int order = rule.KeepBy == RetentionOrder.SemanticVersion ? right.Version.CompareTo(left.Version) : 0;
        order = order != 0 ? order : right.Tag.Pushed.CompareTo(left.Tag.Pushed);

        // Any order will do between tags that were pushed at once, as long as it is the same on every host and at every run.
        return order != 0 ? order : string.CompareOrdinal(right.Tag.Tag.Value, left.Tag.Tag.Value);
    }

    /// <summary>Says how each of the rule's conditions holds.</summary>
    /// <param name="tag">The tag, if it is one.</param>
    /// <param name="pushed">When it was pushed.</param>
    /// <param name="lastUsed">When it may last have been pulled.</param>
    /// <param name="prefix">The prefix that it was compared within.</param>
    /// <param name="size">What is to be said of the repository's size.</param>
    public string Reason(Tag? tag, DateTimeOffset pushed, DateTimeOffset lastUsed, string prefix = "", string? size = null)
    {
        var parts = new List<string>();
        if (rule.Untagged)
        {
            parts.Add("no tag, index or subject needs it");
        }

        if (tag is { } name && !_tags.IsAny)
        {
            parts.Add($"matches {_tags.PatternOf(name.Value)}");
        }

        if (rule.OlderThan is { } age)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"pushed {pushed:u}, more than {age:c} ago"));
        }

        if (rule.NotPulledFor is { } unused)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"not pulled since {lastUsed:u}, for more than {unused:c}"));
        }

        if (rule.KeepNewest is { } newest)
        {
            string by = rule.KeepBy == RetentionOrder.Time ? "time" : "version";
            string of = rule.KeepPer == RetentionScope.TagPrefix ? $"prefix '{prefix}'" : "the repository";
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"not among the {newest} newest of {of} by {by}"));
        }

        if (size is not null)
        {
            parts.Add(size);
        }

        return string.Join("; ", parts);
    }

    private static bool TryFindVersion(string tag, out SemanticVersion version, out string prefix)
    {
        for (int start = 0; start >= 0;)
        {
            if (SemanticVersion.TryParse(tag.AsMemory(start), out version))
            {
                prefix = tag[..start];
                return true;
            }

            int next = tag.AsSpan(start).IndexOfAny('-', '_');
            start = next < 0 ? -1 : start + next + 1;
        }

        version = default;
        prefix = "";
        return false;
    }
}
