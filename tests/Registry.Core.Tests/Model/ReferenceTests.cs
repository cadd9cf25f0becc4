using Registry.Model;

namespace Registry.Core.Tests.Model;

public sealed class ReferenceTests
{
    private static readonly string Sha256 = "sha256:" + new string('a', 64);

    [Theory]
    [InlineData("latest")]
    [InlineData("sha256")]
    [InlineData("sha256-abc")]
    public void A_text_without_a_colon_is_a_tag(string text)
    {
        Assert.True(Reference.TryParse(text, out Reference reference));
        Assert.Equal(Tag.Parse(text), reference.Tag);
        Assert.Null(reference.Digest);
        Assert.Equal(text, reference.ToString());
        Assert.Equal(new Reference(Tag.Parse(text)), reference);
    }

    [Fact]
    public void A_text_with_a_colon_is_a_digest()
    {
        Assert.True(Reference.TryParse(Sha256, out Reference reference));
        Assert.Equal(Digest.Parse(Sha256), reference.Digest);
        Assert.Null(reference.Tag);
        Assert.Equal(Sha256, reference.ToString());
        Assert.Equal(new Reference(Digest.Parse(Sha256)), reference);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".x")]
    [InlineData("sha256:baddigeststring")]
    [InlineData("a/b")]
    [InlineData("latest\n")]
    public void Anything_else_is_no_reference(string text)
    {
        Assert.False(Reference.TryParse(text, out Reference reference));
        Assert.Null(reference.Tag);
        Assert.Null(reference.Digest);
        Assert.Equal("", reference.ToString());
    }
}
