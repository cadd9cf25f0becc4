using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class StartUploadTests(RegistryFixture registry)
{
    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "U1")]
    [InlineData("Content-Length: 0")]
    [InlineData(null)]
    [InlineData("Content-Length: 0", "Content-Type: application/json")]
    [InlineData("Content-Length: 0", "Content-Type: application/octet-stream")]
    public async Task A_post_without_a_body_starts_a_session(params string?[]? headers)
    {
        Answer answer = await RawHttp.SendAsync(registry.Host, $"POST /v2/{_repository}/blobs/uploads/", [.. (headers ?? []).OfType<string>()]);

        answer.Expect(202);
        Assert.Matches($"^/v2/{_repository}/blobs/uploads/[A-Za-z0-9_=.-]+$", answer.Location);
        Assert.Equal(answer.Location.Split('/')[^1], answer["Docker-Upload-UUID"]);
        Assert.Equal("0-0", answer["Range"]);
        Assert.Equal("0", answer["Content-Length"]);
    }

    [Fact]
    [Trait("Protocol", "U1")]
    public async Task A_post_with_a_body_that_nobody_asked_for_starts_a_session()
    {
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync($"POST /v2/{_repository}/blobs/uploads/", "Content-Type: application/json", "Content-Length: 2");
        await connection.SendAsync("{}");

        string location = (await connection.ReadAsync()).Expect(202).Location;

        Assert.Equal("0-0", (await connection.ExchangeAsync($"GET {location}")).Expect(204)["Range"]);
    }

    [Fact]
    [Trait("Protocol", "U1")]
    public async Task Each_session_has_an_id_of_its_own()
    {
        string[] locations = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => registry.Client.StartUploadAsync(_repository)));

        Assert.Distinct(locations);
    }

    [Fact]
    [Trait("Protocol", "U1")]
    public async Task A_post_without_the_last_slash_starts_a_session() =>
        (await registry.Client.PostAsync($"/v2/{_repository}/blobs/uploads")).Expect(202);

    [Fact]
    [Trait("Protocol", "U11")]
    public async Task No_smallest_chunk_is_demanded() =>
        Assert.Null((await registry.Client.PostAsync($"/v2/{_repository}/blobs/uploads/")).Expect(202)["OCI-Chunk-Min-Length"]);

    [Fact]
    [Trait("Protocol", "U2")]
    public async Task The_first_pushes_to_a_repository_may_race()
    {
        TestBlob[] blobs = [.. Enumerable.Range(0, 8).Select(static _ => TestBlob.Random(100))];

        await Task.WhenAll(blobs.Select(blob => registry.Client.PushAsync(_repository, blob)));

        foreach (TestBlob blob in blobs)
        {
            await registry.Client.AssertHasAsync(_repository, blob);
        }
    }

    [Theory]
    [Trait("Protocol", "U3")]
    [InlineData("sha256", "sha256")]
    [InlineData("sha256", "sha512")]
    [InlineData("sha512", "sha512")]
    [InlineData("sha512", "sha256")]
    [InlineData("", "sha512")]
    public async Task A_session_that_prepares_one_algorithm_takes_a_digest_of_any(string announced, string used)
    {
        TestBlob blob = TestBlob.Random(3000);
        string location = await registry.Client.StartUploadAsync(_repository, announced.Length == 0 ? "" : $"?digest-algorithm={announced}");
        (await registry.Client.PatchAsync(location, blob[..2000])).Expect(202);
        (await registry.Client.PatchAsync(location, blob[2000..])).Expect(202);

        Answer answer = (await registry.Client.FinishAsync(location, blob.Digest(used))).Expect(201);

        Assert.Equal(blob.Digest(used), answer["Docker-Content-Digest"]);
        await registry.Client.AssertHasAsync(_repository, blob, used);
    }

    [Theory]
    [Trait("Protocol", "U3")]
    [InlineData("md5")]
    [InlineData("sha384")]
    [InlineData("SHA256")]
    [InlineData("")]
    [InlineData("%00")]
    public async Task A_session_for_an_algorithm_that_cannot_be_computed_is_refused(string algorithm) =>
        (await registry.Client.PostAsync($"/v2/{_repository}/blobs/uploads/?digest-algorithm={algorithm}")).Expect(400, "DIGEST_INVALID");
}

public sealed class StartUploadInMemoryTests(InMemoryRegistry registry) : StartUploadTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class StartUploadOnDiskTests(FileSystemRegistry registry) : StartUploadTests(registry), IClassFixture<FileSystemRegistry>;
