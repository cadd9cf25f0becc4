using System.Reflection;
using Registry.Feeds;

namespace Registry.Core.Tests.Maintenance.Retention;

/// <summary>What a feed's rules are told off for.</summary>
public sealed class RetentionMistakeTests
{
    [Fact]
    public void Every_mistake_is_named_with_its_range()
    {
        var feed = new Feed("team");
        feed.Retention.Add(new RetentionRule());
        var rule = new RetentionRule
        {
            Name = "all wrong",
            Origin = (ManifestOrigin)7,
            OlderThan = TimeSpan.FromSeconds(59),
            NotPulledFor = TimeSpan.FromDays(3651),
            KeepNewest = 0,
            KeepBy = (RetentionOrder)7,
            KeepPer = (RetentionScope)7,
            TotalBytesAbove = -1,
            Untagged = true,
        };
        rule.Tags.Add("!");
        rule.Repositories.Add(new string('x', 257));
        feed.Retention.Add(rule);
        feed.Retention.Add(new RetentionRule { OlderThan = TimeSpan.FromDays(1), KeepPer = RetentionScope.TagPrefix });

        string[] mistakes = [.. FeedRules.FindMistakes([feed])];

        Assert.Collection(
            mistakes,
            static mistake => Assert.StartsWith("Retention of feed 'team', rule 1: it would name every tag. Set Untagged, Tags,", mistake, StringComparison.Ordinal),
            static mistake => Assert.StartsWith("Retention of feed 'team', all wrong: 'xxx", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("'!' in Tags is no pattern; it must have 1 to 256 characters", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("Origin is 7; it must be Own, Cached, or nothing.", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("OlderThan is 00:00:59; it must be from 1 minute to 3,650 days.", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("NotPulledFor is 3651.00:00:00; it must be from 1 day to 3,650 days.", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("KeepNewest is 0; it must be from 1 to 100000.", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("KeepBy is 7; it must be Time or SemanticVersion.", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("KeepPer is 7; it must be Repository or TagPrefix.", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("TotalBytesAbove is -1; it must be 0 or more.", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("are conditions on tags, and Untagged names what has none.", mistake, StringComparison.Ordinal),
            static mistake => Assert.Contains("rule 3: KeepBy and KeepPer say which the KeepNewest are that are kept. Set it too.", mistake, StringComparison.Ordinal));
    }

    [Fact]
    public void A_pattern_that_fits_no_name_is_a_mistake()
    {
        var feed = new Feed("team");
        feed.Retention.Add(new RetentionRule { Tags = { "*", "!release-* ", "!stable", "é" }, Repositories = { "*", "!Base/*", "!base/v2_*.x-?" } });

        Assert.Equal(
            [
                "Retention of feed 'team', rule 1: '!Base/*' in Repositories fits no name, since none has a 'B': a name has lower-case letters, digits and '.', '_', '-', '/', beside the wildcards '*' and '?'.",
                "Retention of feed 'team', rule 1: '!release-* ' in Tags fits no name, since none has a ' ': a tag has letters, digits and '.', '_', '-', beside the wildcards '*' and '?'.",
                "Retention of feed 'team', rule 1: 'é' in Tags fits no name, since none has a 'é': a tag has letters, digits and '.', '_', '-', beside the wildcards '*' and '?'.",
            ],
            FeedRules.FindMistakes([feed]));
    }

    [Fact]
    public void Bounds_are_no_mistakes()
    {
        var feed = new Feed("");
        feed.Retention.Add(new RetentionRule { Untagged = true });
        feed.Retention.Add(new RetentionRule { OlderThan = TimeSpan.FromMinutes(1), NotPulledFor = TimeSpan.FromDays(1), KeepNewest = 1, TotalBytesAbove = 0 });
        feed.Retention.Add(new RetentionRule { OlderThan = TimeSpan.FromDays(3650), NotPulledFor = TimeSpan.FromDays(3650), KeepNewest = 100_000, TotalBytesAbove = long.MaxValue });

        Assert.Empty(FeedRules.FindMistakes([feed]));
    }

    [Fact]
    public void Rules_are_the_same_as_long_as_each_setting_is()
    {
        Assert.True(RetentionRules.AreSame([Full()], [Full()]));
        Assert.False(RetentionRules.AreSame([Full()], [Full(), Full()]));
        foreach (PropertyInfo setting in typeof(RetentionRule).GetProperties())
        {
            RetentionRule other = Full();
            if (setting.GetValue(other) is IList<string> patterns)
            {
                patterns.Add("more");
            }
            else
            {
                setting.SetValue(other, setting.GetValue(new RetentionRule()));
            }

            Assert.False(RetentionRules.AreSame([Full()], [other]), setting.Name);
        }

        static RetentionRule Full() => new()
        {
            Name = "full",
            Repositories = { "a*" },
            Origin = ManifestOrigin.Own,
            Untagged = true,
            Tags = { "v*" },
            OlderThan = TimeSpan.FromDays(1),
            NotPulledFor = TimeSpan.FromDays(1),
            KeepNewest = 1,
            KeepBy = RetentionOrder.SemanticVersion,
            KeepPer = RetentionScope.TagPrefix,
            TotalBytesAbove = 1,
        };
    }
}
