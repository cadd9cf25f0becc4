using System.Text.RegularExpressions;
using Registry.Model;

namespace Registry.Core.Tests.Model;

public sealed partial class TagTests
{
    private static readonly string[] Fragments = ["a", "Z", "0", "_", ".", "-", "latest", "v1.2.3", "sha256-", ":", "/", " ", "\n", "+", "é", "!", "~"];

    [Theory]
    [InlineData("latest")]
    [InlineData("_")]
    [InlineData("__-..")]
    [InlineData("1.10")]
    [InlineData("V1")]
    [InlineData("sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.sig")]
    public void A_tag_by_the_grammar_is_taken(string text)
    {
        Assert.Equal(text, Tag.Parse(text).Value);
        Assert.Equal(text, Tag.Parse(text).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".a")]
    [InlineData("-a")]
    [InlineData("..")]
    [InlineData(".INVALID_MANIFEST_NAME")]
    [InlineData("a:b")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a+b")]
    [InlineData("a!")]
    [InlineData("é")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(Tag.TryParse(text, out Tag tag));
        Assert.Equal(default, tag);
        Assert.Throws<FormatException>(() => Tag.Parse(text));
    }

    [Fact]
    public void A_tag_has_at_most_128_characters()
    {
        Assert.True(Tag.TryParse(new string('x', 128), out _));
        Assert.False(Tag.TryParse(new string('x', 129), out _));
    }

    [Fact]
    public void Tags_are_taken_exactly_as_the_grammar_says()
    {
        int taken = 0;
        foreach (string text in Texts.From(Fragments, 20, 40_000, seed: 4).Concat(Texts.From(["x", "Y", "-"], 140, 2_000, seed: 5)))
        {
            bool expected = Grammar().IsMatch(text);
            Assert.True(expected == Tag.TryParse(text, out _), $"'{text}' should{(expected ? "" : " not")} be a tag.");
            taken += expected ? 1 : 0;
        }

        Assert.InRange(taken, 1_000, 40_000);
    }

    [Fact]
    public void Tags_differ_by_case()
    {
        Assert.True(Tag.Parse("a") != Tag.Parse("A"));
        Assert.True(Tag.Parse("a") == Tag.Parse("a"));
        Assert.Equal(Tag.Parse("a").GetHashCode(), Tag.Parse(new string("a".AsSpan())).GetHashCode());
    }

    [Fact]
    public void The_default_value_is_no_tag()
    {
        Tag none = default;

        Assert.Throws<InvalidOperationException>(() => none.Value);
        Assert.Equal("", none.ToString());
        Assert.Equal(0, none.GetHashCode());
        Assert.False(Tag.TryParse(null, null, out _));
        Assert.Throws<ArgumentNullException>(() => Tag.Parse((string)null!));
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z")]
    private static partial Regex Grammar();
}
