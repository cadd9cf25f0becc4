using Registry.Feeds;
using Registry.Model;

namespace Registry.Core.Tests.Feeds;

public sealed class NamePatternsTests
{
    [Theory]
    [InlineData("v*", "v1", "v*")]
    [InlineData("v*", "V1", null)]
    [InlineData("v*", "1", null)]
    [InlineData("v?.?", "v1.2", "v?.?")]
    [InlineData("v?.?", "v1.10", null)]
    [InlineData("latest", "latest", "latest")]
    [InlineData("latest", "latest2", null)]
    [InlineData("v* !v*-rc*", "v1", "v*")]
    [InlineData("v* !v*-rc*", "v1-rc1", null)]
    [InlineData("v* !v*-rc* v2-rc*", "v2-rc1", "v2-rc*")]
    [InlineData("v* !v*-rc* v2-rc*", "v1-rc1", null)]
    [InlineData("v* v1*", "v1", "v1*")]
    [InlineData("* !*", "v1", null)]
    [InlineData("", "v1", null)]
    public void The_last_pattern_that_fits_decides(string patterns, string name, string? expected)
    {
        var picked = new NamePatterns(patterns.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(expected, picked.Find(name));
        Assert.Equal(expected is not null, picked.Matches(name));
        Assert.Equal(patterns.Length == 0, picked.IsEmpty);
    }

    [Fact]
    public void A_list_that_is_changed_afterwards_picks_what_it_picked()
    {
        var list = new List<string> { "v*" };
        var picked = new NamePatterns(list);

        list.Clear();

        Assert.True(picked.Matches("v1"));
    }

    [Fact]
    public void Every_mistake_in_the_patterns_of_a_feed_is_named()
    {
        var feed = new Feed("main");
        foreach (string pattern in (string[])["!first", "v*", "", "!", "a/b", "!a b", new string('a', NamePatterns.MaxLength + 1), "!v1*", "*", new string('a', NamePatterns.MaxLength)])
        {
            feed.ImmutableTags.Add(pattern);
        }

        feed.ProtectedTags.Add("!x");

        string[] mistakes = [.. FeedRules.FindMistakes([feed])];

        Assert.Collection(
            mistakes,
            static first => Assert.Equal("The pattern '!first' in ImmutableTags of feed 'main' excepts from nothing: it must come after the pattern that it is an exception of.", first),
            static empty => Assert.Equal("The pattern '' in ImmutableTags of feed 'main' must have 1 to 255 characters after a '!' that it may begin with.", empty),
            static bare => Assert.StartsWith("The pattern '!' in ImmutableTags", bare, StringComparison.Ordinal),
            static slash => Assert.Equal("The pattern 'a/b' in ImmutableTags of feed 'main' fits no name, since none has a '/'.", slash),
            static space => Assert.Contains("'!a b'", space, StringComparison.Ordinal),
            static longer => Assert.Contains("1 to 255 characters", longer, StringComparison.Ordinal),
            static other => Assert.StartsWith("The pattern '!x' in ProtectedTags", other, StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_for_tags_say_what_must_not_be_deleted()
    {
        var feed = new Feed("main");
        feed.ImmutableTags.Add("v*");
        feed.ProtectedTags.Add("latest");
        TagRules rules = new ActiveFeed(feed).Tags;

        Assert.Equal((false, true), (rules.IsProtected(Tag.Parse("v1")), rules.IsGuarded(Tag.Parse("v1"))));
        Assert.Equal((true, true), (rules.IsProtected(Tag.Parse("latest")), rules.IsGuarded(Tag.Parse("latest"))));
        Assert.Equal((false, false), (rules.IsProtected(Tag.Parse("edge")), rules.IsGuarded(Tag.Parse("edge"))));
    }
}
