using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class MethodTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [Trait("Protocol", "X8")]
    [InlineData("", "GET, HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")]
    [InlineData("_catalog", "GET, HEAD", "POST", "PUT", "PATCH", "DELETE")]
    [InlineData("a/tags/list", "GET, HEAD", "POST", "PUT", "PATCH", "DELETE")]
    [InlineData("a/manifests/v1", "GET, HEAD, PUT, DELETE", "POST", "PATCH", "OPTIONS", "BREW")]
    [InlineData("a/manifests/" + Digest, "GET, HEAD, PUT, DELETE", "POST", "PATCH")]
    [InlineData("a/referrers/" + Digest, "GET, HEAD", "POST", "PUT", "PATCH", "DELETE")]
    [InlineData("a/blobs/" + Digest, "GET, HEAD, DELETE", "POST", "PUT", "PATCH")]
    [InlineData("a/blobs/uploads/", "POST", "GET", "PUT", "PATCH", "DELETE", "TRACE")]
    [InlineData("a/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz", "GET, HEAD, PATCH, PUT, DELETE", "POST", "OPTIONS")]
    public async Task A_method_that_is_not_for_this_path_is_refused_with_those_that_are(string path, string allowed, params string[] methods)
    {
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        foreach (string method in methods)
        {
            Answer answer = await connection.ExchangeAsync($"{method} /v2/{path}", method is "POST" or "PUT" ? ["Content-Length: 0"] : []);

            answer.Expect(405, "UNSUPPORTED");
            Assert.Equal(allowed, answer["Allow"]);
        }
    }

    [Fact]
    [Trait("Protocol", "X8")]
    public async Task A_head_that_is_not_for_this_path_is_refused_without_a_body()
    {
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);

        Assert.Equal("POST", (await connection.ExchangeAsync("HEAD /v2/a/blobs/uploads/")).Expect(405)["Allow"]);
        (await connection.ExchangeAsync("GET /v2/")).Expect(200);
    }
}
