namespace Registry.Storage;

public sealed class ObjectKeyTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a/b/c")]
    [InlineData("...")]
    [InlineData(".a/..b/c.")]
    [InlineData("!\"#$%&'()*+,-.0:;<=>?@A[\\]^_`a{|}~")]
    public void Parts_of_printable_characters_make_a_key(string key)
    {
        Assert.True(ObjectKey.IsValid(key));
        Assert.All(Enumerable.Range(0, key.Length + 1), length => Assert.True(ObjectKey.IsValidPrefix(key.AsSpan(0, length))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/")]
    [InlineData("a/b/")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/.")]
    [InlineData("a/..")]
    public void What_a_key_can_only_start_with_is_a_prefix_and_no_key(string prefix)
    {
        Assert.False(ObjectKey.IsValid(prefix));
        Assert.Throws<ArgumentException>(() => ObjectKey.ThrowIfInvalid(prefix));
        Assert.True(ObjectKey.IsValidPrefix(prefix));
        ObjectKey.ThrowIfInvalidPrefix(prefix);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("a//")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("a/./")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\u007f")]
    [InlineData("\u00e9")]
    public void What_no_key_starts_with_is_neither(string text)
    {
        Assert.False(ObjectKey.IsValid(text));
        Assert.False(ObjectKey.IsValidPrefix(text));
        Assert.Throws<ArgumentException>(() => ObjectKey.ThrowIfInvalidPrefix(text));
    }

    [Fact]
    public void A_key_has_a_longest_length()
    {
        Assert.True(ObjectKey.IsValid(new string('a', ObjectStoreLimits.MaxKeyLength)));
        Assert.False(ObjectKey.IsValid(new string('a', ObjectStoreLimits.MaxKeyLength + 1)));
        Assert.False(ObjectKey.IsValidPrefix(new string('a', ObjectStoreLimits.MaxKeyLength + 1)));
    }
}
