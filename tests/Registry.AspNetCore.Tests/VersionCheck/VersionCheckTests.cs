using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.VersionCheck;

public sealed class VersionCheckTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    [Theory]
    [Trait("Protocol", "V1")]
    [Trait("Protocol", "V5")]
    [Trait("Protocol", "V6")]
    [InlineData("GET", "/v2/")]
    [InlineData("HEAD", "/v2/")]
    [InlineData("GET", "/v2")]
    [InlineData("GET", "/v2/?account=me&service=x")]
    public async Task An_open_registry_says_that_it_is_one(string method, string path)
    {
        Answer answer = (await registry.Client.SendAsync(method, path)).Expect(200);

        Assert.Equal("registry/2.0", answer["Docker-Distribution-API-Version"]);
        Assert.Equal(method == "HEAD" ? "" : "{}", answer.Text);
    }

    [Theory]
    [Trait("Protocol", "V7")]
    [InlineData("/v1/_ping")]
    [InlineData("/v1/search?q=x")]
    [InlineData("/_ping")]
    public async Task What_belongs_to_version_1_is_not_here(string path) => (await registry.Client.GetAsync(path)).Expect(404);
}
