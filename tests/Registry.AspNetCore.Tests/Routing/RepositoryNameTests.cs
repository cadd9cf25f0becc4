using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Routing;

public sealed class RepositoryNameTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("0/1")]
    [InlineData("a.b")]
    [InlineData("a_b")]
    [InlineData("a__b")]
    [InlineData("a-b")]
    [InlineData("a--b")]
    [InlineData("a---b")]
    [InlineData("a-------------b")]
    [InlineData("a.b_c__d-e--f/g.h")]
    [InlineData("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p")]
    [InlineData("con/nul/aux")]
    [InlineData("{255}")]
    [InlineData("{255 parts}")]
    public async Task A_well_formed_name_is_taken_on_every_route(string name)
    {
        name = name switch
        {
            "{255}" => new string('a', 255),
            "{255 parts}" => string.Join('/', Enumerable.Repeat("a", 128)),
            _ => name,
        };
        TestBlob manifest = await registry.Client.PushImageAsync(name, "v1");

        (await registry.Client.GetAsync($"/v2/{name}/manifests/v1")).Expect(200);
        (await registry.Client.GetAsync($"/v2/{name}/blobs/{TestBlob.Of("{}").Sha256}")).Expect(200);
        (await registry.Client.GetAsync($"/v2/{name}/referrers/{manifest.Sha256}")).Expect(200);
        Assert.Contains("\"v1\"", (await registry.Client.GetAsync($"/v2/{name}/tags/list")).Expect(200).Text, StringComparison.Ordinal);
        Assert.Contains($"\"{name}\"", (await registry.Client.GetAsync("/v2/_catalog?n=1000")).Expect(200).Text, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Protocol", "N3")]
    [InlineData("A")]
    [InlineData("aB")]
    [InlineData("a/B")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("_a")]
    [InlineData("a_")]
    [InlineData("a..b")]
    [InlineData("a._b")]
    [InlineData("a.-b")]
    [InlineData("a_-b")]
    [InlineData("a-_b")]
    [InlineData("a___b")]
    [InlineData("a/-b")]
    [InlineData("a/_b")]
    [InlineData("a-/b")]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a:b")]
    [InlineData("localhost:5000/a")]
    [InlineData("a%20b")]
    [InlineData("a+b")]
    [InlineData("a@b")]
    [InlineData("a%C3%A9")]
    [InlineData("%C4%B1")]
    [InlineData("%D9%A1")]
    [InlineData("a%0A")]
    [InlineData("{256}")]
    [InlineData("{4000}")]
    public async Task A_malformed_name_is_refused_on_every_route(string name)
    {
        name = name switch { "{256}" => new string('a', 256), "{4000}" => new string('a', 4000), _ => name };
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        foreach (string target in new[]
        {
            $"GET /v2/{name}/tags/list",
            $"GET /v2/{name}/manifests/v1",
            $"GET /v2/{name}/manifests/{Digest}",
            $"PUT /v2/{name}/manifests/v1",
            $"DELETE /v2/{name}/manifests/v1",
            $"GET /v2/{name}/blobs/{Digest}",
            $"DELETE /v2/{name}/blobs/{Digest}",
            $"GET /v2/{name}/referrers/{Digest}",
            $"POST /v2/{name}/blobs/uploads/",
            $"POST /v2/{name}/blobs/uploads/?digest={Digest}",
            $"GET /v2/{name}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz",
            $"PATCH /v2/{name}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz",
            $"PUT /v2/{name}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz?digest={Digest}",
            $"DELETE /v2/{name}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz",
        })
        {
            (await connection.ExchangeAsync(target, target[0] == 'P' ? ["Content-Length: 0"] : [])).Expect(400, "NAME_INVALID");
            (await connection.ExchangeAsync($"HEAD{target[target.IndexOf(' ', StringComparison.Ordinal)..]}")).Expect(target.Contains("uploads/", StringComparison.Ordinal) && target[..4] == "POST" ? 405 : 400);
        }
    }

    [Theory]
    [Trait("Protocol", "N2")]
    [InlineData("/v2/manifests/latest")]
    [InlineData("/v2/tags/list")]
    [InlineData("/v2/blobs/" + Digest)]
    [InlineData("/v2/referrers/" + Digest)]
    [InlineData("/v2/blobs/uploads/")]
    [InlineData("/v2/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("/v2//manifests/latest")]
    [InlineData("/v2//tags/list")]
    public async Task A_path_without_a_name_leads_nowhere(string path)
    {
        foreach (string method in new[] { "GET", "PUT", "POST", "DELETE" })
        {
            Answer answer = await RawHttp.SendAsync(registry.Host, $"{method} {path}", method[0] == 'P' ? ["Content-Length: 0"] : []);

            Assert.Contains(answer.Status, new[] { 400, 404, 405 });
            Assert.NotNull(answer.ErrorCode);
        }
    }

    [Theory]
    [Trait("Protocol", "N8")]
    [InlineData("open%2Fsource", 400)]
    [InlineData("open%2fsource", 400)]
    [InlineData("open%252Fsource", 400)]
    [InlineData("%6Fpen/source", 200)]
    [InlineData("open/%73ource", 200)]
    [InlineData("closed%2Fsource", 400)]
    [InlineData("%63losed/source", 403)]
    [InlineData("open/source/../../closed/source", 403)]
    [InlineData("open/source/%2e%2e/%2e%2e/closed/source", 403)]
    [InlineData("open/source%2F..%2F..%2Fclosed/source", 400)]
    public async Task A_name_is_decoded_once_for_finding_it_and_for_deciding_who_may(string name, int status)
    {
        RegistryHost host = await Accounts.StartRegistryAsync(static (user, action, repository) =>
            user == "admin" || (user == "carol" && action == RegistryAction.Pull && repository == "open/source"));
        await using (host)
        {
            TestBlob blob = TestBlob.Random(10);
            foreach (string repository in new[] { "open/source", "closed/source", "source" })
            {
                await host.SignIn("admin").PushAsync(repository, blob);
            }

            (await RawHttp.SendAsync(host, $"GET /v2/{name}/blobs/{blob.Sha256}", $"Authorization: {Accounts.Credentials("carol")}")).Expect(status);
        }
    }
}
