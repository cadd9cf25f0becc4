using System.Security.Cryptography;
using System.Text;
using Registry.Model;

namespace Registry.Core.Tests.Model;

public sealed class DigestAlgorithmTests
{
    // FIPS 180-4's own examples.
    [Theory]
    [InlineData("sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("sha256", "{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")]
    [InlineData("sha512", "abc", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")]
    public void Known_contents_have_known_digests(string name, string content, string expected)
    {
        DigestAlgorithm algorithm = DigestAlgorithm.Find(name)!;

        Assert.Equal($"{name}:{expected}", algorithm.Compute(Encoding.ASCII.GetBytes(content)).Value);
    }

    [Fact]
    public void Hashing_in_pieces_is_the_same_as_hashing_at_once()
    {
        byte[] content = RandomNumberGenerator.GetBytes(10_000);
        foreach (DigestAlgorithm algorithm in new[] { DigestAlgorithm.Sha256, DigestAlgorithm.Sha512 })
        {
            using IncrementalHash hash = algorithm.CreateHash();
            foreach (byte[] piece in content.Chunk(333))
            {
                hash.AppendData(piece);
            }

            byte[] bytes = hash.GetHashAndReset();
            Assert.Equal(algorithm.HashBytes, bytes.Length);
            Assert.Equal(algorithm.Compute(content), Digest.FromHash(algorithm, bytes));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("SHA256")]
    [InlineData("sha384")]
    [InlineData("sha256 ")]
    [InlineData("blake3")]
    public void An_algorithm_that_cannot_be_computed_is_not_found(string name) => Assert.Null(DigestAlgorithm.Find(name));

    [Fact]
    public void There_is_one_instance_of_each_algorithm()
    {
        Assert.Same(DigestAlgorithm.Sha256, DigestAlgorithm.Find("sha256"));
        Assert.Same(DigestAlgorithm.Sha512, DigestAlgorithm.Find("sha512"));
        Assert.Equal("sha512", DigestAlgorithm.Sha512.ToString());
    }
}
