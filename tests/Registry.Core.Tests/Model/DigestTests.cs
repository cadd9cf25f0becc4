using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Registry.Model;

namespace Registry.Core.Tests.Model;

public sealed partial class DigestTests
{
    private const string EmptySha256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static readonly string Sha512 = "sha512:" + new string('a', 128);

    public static TheoryData<string> Malformed =>
    [
        "",
        ":",
        "sha256",
        "sha256:",
        ":" + new string('a', 64),
        "sha256:totallywrong",
        "sha256:baddigeststring",
        "sha256:" + new string('a', 63),
        "sha256:" + new string('a', 65),
        "sha256:" + new string('A', 64),
        "sha256:" + new string('g', 64),
        "sha256:" + new string('a', 63) + "\n",
        "sha256:" + new string('a', 64) + "\n",
        " sha256:" + new string('a', 64),
        "SHA256:" + new string('a', 64),
        "sha256::" + new string('a', 64),
        "sha256:sha256:" + new string('a', 64),
        "sha512:" + new string('a', 64),
        "sha512:" + new string('a', 127),
        "sha512:" + new string('F', 128),
        "sha256%3A" + new string('a', 64),
        "+md5:abc",
        "md5+:abc",
        "md5++x:abc",
        "md5+-x:abc",
        "MD5:abc",
        "md5:",
        "md5:a/b",
        "md5:a.b",
        "md5:a+b",
        "md5:é",
        "a/b:abc",
        "../x:abc",
        "\u017fha256:" + new string('a', 64),
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_digest_is_refused(string text)
    {
        Assert.False(Digest.TryParse(text.AsSpan(), out Digest digest));
        Assert.True(digest.IsDefault);
        Assert.Throws<FormatException>(() => Digest.Parse(text));
    }

    [Theory]
    [InlineData("sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b", "sha256", true)]
    [InlineData("sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564", "sha256+b64u", false)]
    [InlineData("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8", "multihash+base58", false)]
    [InlineData("blake3:00", "blake3", false)]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e", "md5", false)]
    [InlineData("a-b.c_d+e:=", "a-b.c_d+e", false)]
    [InlineData("0:A", "0", false)]
    public void A_well_formed_digest_is_taken_and_says_whether_it_can_be_verified(string text, string algorithm, bool supported)
    {
        Digest digest = Digest.Parse(text);

        Assert.Equal(text, digest.Value);
        Assert.Equal(text, digest.ToString());
        Assert.Equal(algorithm, digest.AlgorithmName.ToString());
        Assert.Equal(text[(algorithm.Length + 1)..], digest.Encoded.ToString());
        Assert.Equal(supported, digest.IsSupported);
        Assert.Equal(supported ? algorithm : null, digest.Algorithm?.Name);
    }

    [Fact]
    public void The_longest_digest_has_255_characters()
    {
        Assert.True(Digest.TryParse("x:" + new string('a', 253), out _));
        Assert.False(Digest.TryParse("x:" + new string('a', 254), out _));
    }

    [Fact]
    public void Digests_are_taken_exactly_as_the_grammar_says()
    {
        var random = new Random(20250101);
        string[] seeds = [EmptySha256, Sha512, "md5+x:abcDEF=_-", "a.b:0", "sha256+b64u:LCa0a2j_xo"];
        int taken = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string text = seeds[random.Next(seeds.Length)];
            for (int change = random.Next(3); change > 0; change--)
            {
                text = Texts.Mutate(text, random);
            }

            bool expected = text.Length <= 255
                && Grammar().IsMatch(text)
                && (!text.StartsWith("sha256:", StringComparison.Ordinal) || Sha256Grammar().IsMatch(text))
                && (!text.StartsWith("sha512:", StringComparison.Ordinal) || Sha512Grammar().IsMatch(text));
            Assert.True(expected == Digest.TryParse(text, out _), $"'{text}' should{(expected ? "" : " not")} be a digest.");
            taken += expected ? 1 : 0;
        }

        Assert.InRange(taken, 2_000, 18_000);
    }

    [Fact]
    public void A_digest_is_made_of_a_hash()
    {
        Assert.Equal(EmptySha256, Digest.FromHash(DigestAlgorithm.Sha256, SHA256.HashData([])).Value);
        Assert.Equal("sha512:" + Convert.ToHexStringLower(SHA512.HashData("x"u8)), Digest.FromHash(DigestAlgorithm.Sha512, SHA512.HashData("x"u8)).Value);
        Assert.Equal(Digest.Parse(EmptySha256), Digest.FromHash(DigestAlgorithm.Sha256, SHA256.HashData([])));
        Assert.Throws<ArgumentException>(() => Digest.FromHash(DigestAlgorithm.Sha256, new byte[31]));
        Assert.Throws<ArgumentException>(() => Digest.FromHash(DigestAlgorithm.Sha512, new byte[32]));
    }

    [Fact]
    public void Digests_are_equal_when_their_texts_are()
    {
        Digest one = Digest.Parse(EmptySha256);
        Digest same = Digest.Parse(new string(EmptySha256.AsSpan()));
        Digest other = Digest.Parse("sha256:" + new string('0', 64));

        Assert.True(one == same);
        Assert.True(one.Equals((object)same));
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.True(one != other);
        Assert.False(one.Equals("x"));
    }

    [Fact]
    public void The_default_value_is_no_digest()
    {
        Digest none = default;

        Assert.True(none.IsDefault);
        Assert.Equal("", none.ToString());
        Assert.Equal(default, none);
        Assert.Equal(0, none.GetHashCode());
        Assert.NotEqual(Digest.Parse(EmptySha256), none);
        Assert.Throws<InvalidOperationException>(() => none.Value);
        Assert.Throws<InvalidOperationException>(() => none.Encoded.ToString());
        Assert.Throws<InvalidOperationException>(() => none.AlgorithmName.ToString());
        Assert.Throws<InvalidOperationException>(() => none.IsSupported);
    }

    [Fact]
    public void Null_is_no_digest()
    {
        Assert.False(Digest.TryParse(null, null, out _));
        Assert.Throws<ArgumentNullException>(() => Digest.Parse((string)null!));
    }

    [GeneratedRegex(@"\A[a-z0-9]+([+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+\z")]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\Asha256:[a-f0-9]{64}\z")]
    private static partial Regex Sha256Grammar();

    [GeneratedRegex(@"\Asha512:[a-f0-9]{128}\z")]
    private static partial Regex Sha512Grammar();
}
