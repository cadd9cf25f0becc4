using Registry.Model;

namespace Registry.Core.Tests.Model;

public sealed class SemanticVersionTests
{
    /// <summary>Each after the one before it: the examples of Semantic Versioning 2.0.0, section 11, and what follows from its rules.</summary>
    public static readonly string[] Ascending =
    [
        "0.0.0", "0.0.1-0", "0.0.1", "1.0.0-0.3.7", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0-x.7.z.92", "1.0.0-x-y-z.-", "1.0.0",
        "2.0.0", "2.1.0", "2.1.1", "2.9.0", "2.10.0", "10.0.0", "99999999999999999999.0.0", "100000000000000000000.0.0",
    ];

    [Fact]
    public void Versions_are_ordered_as_the_specification_has_it()
    {
        SemanticVersion[] versions = [.. Ascending.Select(Parse)];

        for (int i = 0; i < versions.Length; i++)
        {
            for (int j = 0; j < versions.Length; j++)
            {
                Assert.True(Math.Sign(versions[i].CompareTo(versions[j])) == i.CompareTo(j), $"{Ascending[i]} and {Ascending[j]}");
            }
        }
    }

    [Theory]
    [InlineData("1.0.0", "v1.0.0")]
    [InlineData("1.0.0-rc.1", "V1.0.0-rc.1")]
    [InlineData("1.0.0+1", "1.0.0+2")]
    [InlineData("1.0.0+20130313144700", "1.0.0_21AF26D3----117B344092BD")]
    [InlineData("1.0.0-beta+exp.sha.5114f85", "1.0.0-beta")]
    [InlineData("1.0.0", "1.0.0_007")]
    public void A_v_in_front_and_build_metadata_make_no_difference(string one, string other) => Assert.Equal(0, Parse(one).CompareTo(Parse(other)));

    /// <summary>The specification's regular expression refuses all of these, but for the underscore.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("v")]
    [InlineData("1")]
    [InlineData("1.2")]
    [InlineData("latest")]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.3-0123")]
    [InlineData("1.2.3-0123.0123")]
    [InlineData("1.1.2+.123")]
    [InlineData("+invalid")]
    [InlineData("-invalid")]
    [InlineData("alpha.beta.1")]
    [InlineData("1.0.0-alpha_")]
    [InlineData("1.0.0-alpha..")]
    [InlineData("1.0.0-alpha..1")]
    [InlineData("01.1.1")]
    [InlineData("1.01.1")]
    [InlineData("1.1.01")]
    [InlineData("1.2.3.DEV")]
    [InlineData("1.2-SNAPSHOT")]
    [InlineData("1.2-RC-SNAPSHOT")]
    [InlineData("-1.0.3-gamma+b7718")]
    [InlineData("+justmeta")]
    [InlineData("9.8.7+meta+meta")]
    [InlineData("9.8.7-whatever+meta+meta")]
    [InlineData("1.0.0-")]
    [InlineData("1.0.0_")]
    [InlineData("1..0")]
    [InlineData("vv1.0.0")]
    [InlineData("1.0.0 ")]
    [InlineData("١.0.0")]
    public void What_is_no_version_is_refused(string text) => Assert.False(SemanticVersion.TryParse(text.AsMemory(), out _));

    [Theory]
    [InlineData("1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay")]
    [InlineData("1.0.0-0A.is.legal")]
    [InlineData("1.2.3----RC-SNAPSHOT.12.9.1--.12+788")]
    [InlineData("1.0.0+0.build.1-rc.10000aaa-kk-0.1")]
    [InlineData("1.0.0-alpha0.valid")]
    [InlineData("2.0.1-alpha.1227")]
    public void What_the_specification_shows_as_a_version_is_one(string text) => Assert.True(SemanticVersion.TryParse(text.AsMemory(), out _));

    private static SemanticVersion Parse(string text)
    {
        Assert.True(SemanticVersion.TryParse(text.AsMemory(), out SemanticVersion version), text);
        return version;
    }
}
