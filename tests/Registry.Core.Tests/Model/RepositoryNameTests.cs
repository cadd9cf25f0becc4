using System.Text.RegularExpressions;
using Registry.Model;

namespace Registry.Core.Tests.Model;

public sealed partial class RepositoryNameTests
{
    private static readonly string[] Fragments = ["a", "z", "0", "9", "abc", ".", "_", "__", "-", "--", "/", "A", " ", "\n", ":", "é", "%2f", "blobs", "manifests", "tags/list"];

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("0/1")]
    [InlineData("library/alpine")]
    [InlineData("a.b_c__d-e---f/g")]
    [InlineData("a--b")]
    [InlineData("blobs/uploads")]
    [InlineData("tags/list")]
    [InlineData("a/manifests")]
    public void A_name_by_the_grammar_is_taken(string text)
    {
        Assert.Equal(text, RepositoryName.Parse(text).Value);
        Assert.Equal(text, RepositoryName.Parse(text).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("aB")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("a._b")]
    [InlineData("a_.b")]
    [InlineData("a-_b")]
    [InlineData("a_-b")]
    [InlineData("a.-b")]
    [InlineData("a___b")]
    [InlineData("_a")]
    [InlineData("a_")]
    [InlineData("a__")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a--")]
    [InlineData("a/-b")]
    [InlineData("a-/b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("é")]
    [InlineData("a:b")]
    [InlineData("a\\b")]
    [InlineData("localhost:5000/a")]
    [InlineData("\u0131")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(RepositoryName.TryParse(text, out RepositoryName name));
        Assert.Equal(default, name);
        Assert.Throws<FormatException>(() => RepositoryName.Parse(text));
    }

    [Fact]
    public void A_name_has_at_most_255_characters()
    {
        Assert.True(RepositoryName.TryParse(new string('a', 255), out _));
        Assert.False(RepositoryName.TryParse(new string('a', 256), out _));
        Assert.True(RepositoryName.TryParse(string.Join('/', Enumerable.Repeat("a", 128)), out _));
    }

    [Fact]
    public void Names_are_taken_exactly_as_the_grammar_says()
    {
        int taken = 0;
        foreach (string text in Texts.From(Fragments, 7, 60_000, seed: 3))
        {
            bool expected = text.Length <= 255 && Grammar().IsMatch(text);
            Assert.True(expected == RepositoryName.TryParse(text, out _), $"'{text}' should{(expected ? "" : " not")} be a repository name.");
            taken += expected ? 1 : 0;
        }

        Assert.InRange(taken, 2_000, 58_000);
    }

    [Fact]
    public void A_very_long_wrong_name_is_refused_quickly() => Assert.False(RepositoryName.TryParse(string.Concat(Enumerable.Repeat("a-", 500_000)), out _));

    [Fact]
    public void Names_are_equal_when_their_texts_are()
    {
        RepositoryName one = RepositoryName.Parse("a/b");
        RepositoryName same = RepositoryName.Parse(new string("a/b".AsSpan()));

        Assert.True(one == same);
        Assert.True(one.Equals((object)same));
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.True(one != RepositoryName.Parse("a"));
    }

    [Fact]
    public void The_default_value_is_no_name()
    {
        RepositoryName none = default;

        Assert.Throws<InvalidOperationException>(() => none.Value);
        Assert.Equal("", none.ToString());
        Assert.Equal(0, none.GetHashCode());
        Assert.False(RepositoryName.TryParse(null, null, out _));
        Assert.Throws<ArgumentNullException>(() => RepositoryName.Parse((string)null!));
    }

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex Grammar();
}
