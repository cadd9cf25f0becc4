using System.Globalization;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Blobs;

public abstract class BlobPullTests(RegistryFixture registry)
{
    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "B1")]
    [Trait("Protocol", "B2")]
    [InlineData("sha256", 1)]
    [InlineData("sha256", 131_072)]
    [InlineData("sha256", 1_000_001)]
    [InlineData("sha512", 1_000_001)]
    [Trait("Protocol", "B5")]
    [InlineData("sha256", 0)]
    [InlineData("sha512", 0)]
    public async Task A_blob_is_pulled_as_it_was_pushed(string algorithm, int length)
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(length), algorithm);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);

        Answer get = (await connection.ExchangeAsync($"GET /v2/{_repository}/blobs/{blob.Digest(algorithm)}")).Expect(200);
        Answer head = (await connection.ExchangeAsync($"HEAD /v2/{_repository}/blobs/{blob.Digest(algorithm)}")).Expect(200);

        Assert.Equal(blob.Content, get.Body);
        foreach (Answer answer in new[] { get, head })
        {
            Assert.Equal(blob.Digest(algorithm), answer["Docker-Content-Digest"]);
            Assert.Equal(length.ToString(CultureInfo.InvariantCulture), answer["Content-Length"]);
            Assert.Equal("application/octet-stream", answer["Content-Type"]);
            Assert.Equal("bytes", answer["Accept-Ranges"]);
            Assert.Equal($"\"{blob.Digest(algorithm)}\"", answer["ETag"]);
            Assert.Null(answer["Transfer-Encoding"]);
        }
    }

    [Theory]
    [Trait("Protocol", "B3")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task A_blob_of_another_repository_is_unknown(string algorithm)
    {
        TestBlob blob = await registry.Client.PushAsync(RegistryFixture.NewRepository(), TestBlob.Random(100), algorithm);

        await registry.Client.AssertHasNotAsync(_repository, blob.Digest(algorithm));
        (await registry.Client.DeleteAsync($"/v2/{_repository}/blobs/{blob.Digest(algorithm)}")).Expect(404, "BLOB_UNKNOWN");
        await registry.Client.PushAsync(_repository, TestBlob.Random(100), algorithm);
        await registry.Client.AssertHasNotAsync(_repository, blob.Digest(algorithm));
    }

    [Fact]
    [Trait("Protocol", "B3")]
    public async Task A_blob_is_known_by_the_digest_it_was_pushed_by()
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(100), "sha512");

        await registry.Client.AssertHasNotAsync(_repository, blob.Sha256);
        await registry.Client.PushAsync(_repository, blob);
        await registry.Client.AssertHasAsync(_repository, blob);
        await registry.Client.AssertHasAsync(_repository, blob, "sha512");
    }

    [Fact]
    [Trait("Protocol", "B3")]
    public async Task An_upload_that_is_not_finished_is_no_blob()
    {
        TestBlob blob = TestBlob.Random(100);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob.Content)).Expect(202);

        await registry.Client.AssertHasNotAsync(_repository, blob.Sha256);
    }

    [Theory]
    [Trait("Protocol", "B4")]
    [InlineData("sha256:abc")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("latest")]
    public async Task A_malformed_digest_is_refused(string digest)
    {
        (await registry.Client.GetAsync($"/v2/{_repository}/blobs/{digest}")).Expect(400, "DIGEST_INVALID");
        (await registry.Client.HeadAsync($"/v2/{_repository}/blobs/{digest}")).Expect(400);
        (await registry.Client.DeleteAsync($"/v2/{_repository}/blobs/{digest}")).Expect(400, "DIGEST_INVALID");
    }

    [Theory]
    [Trait("Protocol", "B15")]
    [InlineData("\"{0}\"", 304)]
    [InlineData("{0}", 304)]
    [InlineData("W/\"{0}\"", 304)]
    [InlineData("*", 304)]
    [InlineData("\"other\", \"{0}\"", 304)]
    [InlineData("\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"", 200)]
    [InlineData("\"\"", 200)]
    [InlineData("nonsense", 200)]
    public async Task A_client_that_has_the_blob_is_told_so(string condition, int status)
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(100));
        condition = condition.Replace("{0}", blob.Sha256, StringComparison.Ordinal);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        foreach (string method in new[] { "GET", "HEAD" })
        {
            Answer answer = await connection.ExchangeAsync($"{method} /v2/{_repository}/blobs/{blob.Sha256}", $"If-None-Match: {condition}", "Range: bytes=0-9");

            Assert.Equal($"\"{blob.Sha256}\"", answer.Expect(status == 200 && method == "GET" ? 206 : status)["ETag"]);
            Assert.Equal(blob.Sha256, answer["Docker-Content-Digest"]);
        }
    }

    [Fact]
    [Trait("Protocol", "B15")]
    public async Task A_condition_tells_nothing_of_a_blob_of_another_repository()
    {
        TestBlob blob = await registry.Client.PushAsync(RegistryFixture.NewRepository(), TestBlob.Random(100));

        (await registry.Client.GetAsync($"/v2/{_repository}/blobs/{blob.Sha256}", ("If-None-Match", $"\"{blob.Sha256}\""))).Expect(404, "BLOB_UNKNOWN");
        (await registry.Client.HeadAsync($"/v2/{_repository}/blobs/{blob.Sha256}", ("If-None-Match", "*"))).Expect(404);
    }
}

public sealed class BlobPullInMemoryTests(InMemoryRegistry registry) : BlobPullTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class BlobPullOnDiskTests(FileSystemRegistry registry) : BlobPullTests(registry), IClassFixture<FileSystemRegistry>;
