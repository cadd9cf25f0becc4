using Registry.AspNetCore.Tests.Testing;
using Registry.Storage;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class ApiVersionHeaderTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    [Theory]
    [Trait("Protocol", "X1")]
    [InlineData("GET", "/v2/", 200)]
    [InlineData("HEAD", "/v2/", 200)]
    [InlineData("GET", "/v2/_catalog", 200)]
    [InlineData("GET", "/v2/nothing", 404)]
    [InlineData("GET", "/v2/UPPER/tags/list", 400)]
    [InlineData("PUT", "/v2/", 405)]
    [InlineData("GET", "/v2/no/such/tags/list", 404)]
    [InlineData("GET", "/v2/no/such/manifests/x", 404)]
    [InlineData("GET", "/v2/no/such/blobs/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 404)]
    [InlineData("GET", "/v2/no/such/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz", 404)]
    [InlineData("GET", "/v2/no/such/referrers/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 200)]
    [InlineData("POST", "/v2/some/repository/blobs/uploads/", 202)]
    [InlineData("POST", "/v2/some/repository/blobs/uploads/?digest=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 201)]
    [InlineData("PUT", "/v2/some/repository/manifests/x", 400)]
    public async Task Every_answer_says_which_protocol_it_is_of(string method, string path, int status) =>
        Assert.Equal("registry/2.0", (await registry.Client.SendAsync(method, path, method is "PUT" or "POST" ? [] : null)).Expect(status)["Docker-Distribution-API-Version"]);

    [Fact]
    [Trait("Protocol", "X1")]
    public async Task Every_answer_of_a_session_says_which_protocol_it_is_of()
    {
        string location = await registry.Client.StartUploadAsync("some/repository");

        foreach ((string method, string? range, int status) in new[] { ("PATCH", "0-9", 202), ("PATCH", "0-9", 416), ("GET", null, 204), ("DELETE", null, 204), ("DELETE", null, 404) })
        {
            Answer answer = await registry.Client.SendAsync(method, location, method == "PATCH" ? new byte[10] : null, headers: range is null ? [] : [("Content-Range", range)]);
            Assert.Equal("registry/2.0", answer.Expect(status)["Docker-Distribution-API-Version"]);
        }
    }

    [Fact]
    [Trait("Protocol", "X1")]
    public async Task Refusals_say_which_protocol_they_are_of()
    {
        RegistryHost host = await Accounts.StartRegistryAsync(static (_, _, _) => false);
        await using (host)
        {
            foreach (string path in new[] { "/v2/", "/v2/some/repository/tags/list" })
            {
                Assert.Equal("registry/2.0", (await new RegistryClient(host.Client).GetAsync(path)).Expect(401)["Docker-Distribution-API-Version"]);
                Assert.Equal("registry/2.0", (await host.SignIn("somebody").GetAsync(path)).Expect(403)["Docker-Distribution-API-Version"]);
            }
        }
    }

    [Fact]
    [Trait("Protocol", "X1")]
    public async Task Failures_say_which_protocol_they_are_of()
    {
        FailingStore? store = null;
        RegistryHost host = await registry.StartAsync(wrap: inner => store = new FailingStore(inner));
        await using (host)
        {
            foreach ((Exception fault, int status) in new[] { (new InvalidOperationException("secret"), 500), ((Exception)new StoreUnavailableException("secret"), 503) })
            {
                store!.Fault = fault;
                Answer answer = (await new RegistryClient(host.Client).GetAsync("/v2/some/repository/manifests/x")).Expect(status);

                Assert.Equal("registry/2.0", answer["Docker-Distribution-API-Version"]);
                Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
            }
        }
    }
}
