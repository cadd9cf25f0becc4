using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class SessionTests(RegistryFixture registry)
{
    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "P9")]
    [InlineData(0, "0-0")]
    [InlineData(1, "0-0")]
    [InlineData(2, "0-1")]
    public async Task A_session_tells_how_far_it_came(int received, string range)
    {
        string location = await registry.Client.StartUploadAsync(_repository);
        if (received > 0)
        {
            (await registry.Client.PatchAsync(location, new byte[received])).Expect(202);
        }

        foreach (string method in new[] { "GET", "HEAD" })
        {
            Answer answer = (await RawHttp.SendAsync(registry.Host, $"{method} {location}")).Expect(204);

            Assert.Equal(range, answer["Range"]);
            Assert.Equal(location, answer.Location);
            Assert.Equal(location.Split('/')[^1], answer["Docker-Upload-UUID"]);
            Assert.Null(answer["Content-Length"]);
            Assert.Null(answer["Transfer-Encoding"]);
        }
    }

    [Theory]
    [Trait("Protocol", "P10")]
    [InlineData("GET", "unknown")]
    [InlineData("HEAD", "unknown")]
    [InlineData("PATCH", "unknown")]
    [InlineData("PUT", "unknown")]
    [InlineData("DELETE", "unknown")]
    [InlineData("GET", "finished")]
    [InlineData("HEAD", "finished")]
    [InlineData("PATCH", "finished")]
    [InlineData("PUT", "finished")]
    [InlineData("DELETE", "finished")]
    [InlineData("GET", "cancelled")]
    [InlineData("HEAD", "cancelled")]
    [InlineData("PATCH", "cancelled")]
    [InlineData("PUT", "cancelled")]
    [InlineData("DELETE", "cancelled")]
    [InlineData("PATCH", "failed")]
    [InlineData("PUT", "failed")]
    public async Task A_session_that_is_not_or_no_more_is_unknown(string method, string state)
    {
        TestBlob blob = TestBlob.Random(10);
        string location = await registry.Client.StartUploadAsync(_repository);
        switch (state)
        {
            case "unknown":
                location = $"/v2/{_repository}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz";
                break;
            case "finished":
                (await registry.Client.FinishAsync(location, blob.Sha256, blob.Content)).Expect(201);
                break;
            case "cancelled":
                (await registry.Client.DeleteAsync(location)).Expect(204);
                break;
            default:
                (await registry.Client.FinishAsync(location, TestBlob.Random(10).Sha256, blob.Content)).Expect(400);
                break;
        }

        TestBlob other = TestBlob.Random(10);
        Answer answer = await registry.Client.SendAsync(method, RegistryClient.WithDigest(location, other.Sha256), method is "PATCH" or "PUT" ? other.Content : null);

        answer.Expect(404);
        if (method != "HEAD")
        {
            Assert.Equal("BLOB_UPLOAD_UNKNOWN", answer.ErrorCode);
        }
    }

    [Theory]
    [Trait("Protocol", "N10")]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task A_session_is_unknown_in_another_repository_and_stays_as_it_is(string method)
    {
        TestBlob blob = TestBlob.Random(10);
        string location = await registry.Client.StartUploadAsync(_repository);
        string elsewhere = location.Replace(_repository, RegistryFixture.NewRepository(), StringComparison.Ordinal);

        (await registry.Client.SendAsync(method, RegistryClient.WithDigest(elsewhere, blob.Sha256), method is "PATCH" or "PUT" ? blob.Content : null)).Expect(404);

        Assert.Equal("0-0", await registry.Client.ReceivedAsync(location));
        (await registry.Client.FinishAsync(location, blob.Sha256, blob.Content)).Expect(201);
    }

    [Theory]
    [Trait("Protocol", "N10")]
    [InlineData("x")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("..")]
    [InlineData("%2e%2e%2f%2e%2e")]
    [InlineData("registry-format")]
    [InlineData("01HZZZZZZZZZZZZZZZZZZZZZZZ")]
    [InlineData("8zzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("%C3%A9")]
    [InlineData("a%0d%0aX-Injected:1")]
    public async Task A_forged_session_is_unknown(string id)
    {
        string location = await registry.Client.StartUploadAsync(_repository);
        foreach (string method in new[] { "GET", "PATCH", "DELETE" })
        {
            Answer answer = await RawHttp.SendAsync(registry.Host, $"{method} {location[..(location.LastIndexOf('/') + 1)]}{id}");

            Assert.Equal(404, answer.Status);
            Assert.Null(answer["X-Injected"]);
        }
    }

    [Fact]
    [Trait("Protocol", "N10")]
    public async Task A_session_in_other_letters_is_unknown()
    {
        string location = await registry.Client.StartUploadAsync(_repository);
        string id = location.Split('/')[^1];

        (await registry.Client.GetAsync(location.Replace(id, id.ToUpperInvariant(), StringComparison.Ordinal))).Expect(404, "BLOB_UPLOAD_UNKNOWN");
    }
}

public sealed class SessionInMemoryTests(InMemoryRegistry registry) : SessionTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class SessionOnDiskTests(FileSystemRegistry registry) : SessionTests(registry), IClassFixture<FileSystemRegistry>;
