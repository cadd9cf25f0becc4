using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Blobs;

public sealed class BlobPullTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private readonly string _repository = RegistryFixture.NewRepository();

    private RegistryClient Client => registry.Client;

    [Theory]
    [Trait("Protocol", "B1")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task A_blob_is_served_whole_with_its_digest_length_and_tag(string algorithm)
    {
        TestBlob blob = await Client.PushAsync(_repository, TestBlob.Random(300_000), algorithm);

        Answer answer = (await Client.GetAsync(Path(blob.Digest(algorithm)))).Expect(200);

        Assert.Equal(blob.Content, answer.Body);
        Assert.Equal(blob.Digest(algorithm), answer["Docker-Content-Digest"]);
        Assert.Equal("300000", answer["Content-Length"]);
        Assert.Equal("application/octet-stream", answer["Content-Type"]);
        Assert.Equal("bytes", answer["Accept-Ranges"]);
        Assert.Equal($"\"{blob.Digest(algorithm)}\"", answer["ETag"]);
    }

    [Fact]
    [Trait("Protocol", "B2")]
    public async Task Head_agrees_with_get()
    {
        TestBlob blob = await Client.PushAsync(_repository, TestBlob.Random(1234));

        Answer answer = (await Client.HeadAsync(Path(blob.Sha256))).Expect(200);

        Assert.Equal("1234", answer["Content-Length"]);
        Assert.Equal(blob.Sha256, answer["Docker-Content-Digest"]);
        Assert.Empty(answer.Body);
    }

    [Fact]
    [Trait("Protocol", "B3")]
    public async Task A_blob_that_only_another_repository_has_is_unknown()
    {
        TestBlob blob = await Client.PushAsync(_repository, TestBlob.Random(10));

        await Client.AssertHasNotAsync(RegistryFixture.NewRepository(), blob.Sha256);
        await Client.AssertHasNotAsync($"{_repository}/child", blob.Sha256);
        await Client.AssertHasAsync(_repository, blob);
    }

    [Theory]
    [Trait("Protocol", "B4")]
    [InlineData("sha256:abc")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("latest")]
    [InlineData("sha256:")]
    public async Task What_is_no_digest_is_refused(string text) =>
        (await Client.GetAsync(Path(text))).Expect(400, "DIGEST_INVALID");

    [Fact]
    [Trait("Protocol", "B4")]
    public async Task A_digest_of_an_algorithm_that_nobody_could_have_pushed_is_unknown() =>
        (await Client.GetAsync(Path("sha3+x:abc_DEF"))).Expect(404, "BLOB_UNKNOWN");

    [Fact]
    [Trait("Protocol", "B5")]
    public async Task An_empty_blob_has_a_length_of_zero()
    {
        await Client.PushAsync(_repository, TestBlob.Empty);

        Assert.Equal("0", (await Client.GetAsync(Path(TestBlob.Empty.Sha256))).Expect(200)["Content-Length"]);
        Assert.Equal("0", (await Client.HeadAsync(Path(TestBlob.Empty.Sha256))).Expect(200)["Content-Length"]);
    }

    [Theory]
    [Trait("Protocol", "B15")]
    [InlineData("\"{digest}\"", 304)]
    [InlineData("{digest}", 304)]
    [InlineData("W/\"{digest}\"", 304)]
    [InlineData("\"other\", \"{digest}\"", 304)]
    [InlineData("*", 304)]
    [InlineData("\"other\"", 200)]
    public async Task A_blob_that_the_client_has_is_not_sent_again(string condition, int status)
    {
        TestBlob blob = await Client.PushAsync(_repository, TestBlob.Random(100));
        (string, string) header = ("If-None-Match", condition.Replace("{digest}", blob.Sha256, StringComparison.Ordinal));

        Answer get = (await Client.GetAsync(Path(blob.Sha256), header)).Expect(status);
        Answer head = (await Client.HeadAsync(Path(blob.Sha256), header)).Expect(status);

        Assert.Equal(status == 200 ? blob.Content : [], get.Body);
        Assert.Equal($"\"{blob.Sha256}\"", get["ETag"]);
        Assert.Equal(get["ETag"], head["ETag"]);
    }

    private string Path(string digest) => $"/v2/{_repository}/blobs/{digest}";
}
