using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class QueryTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    [Theory]
    [Trait("Protocol", "X9")]
    [InlineData("origin=elsewhere.test")]
    [InlineData("unknown=1&unknown=2&another")]
    [InlineData("service=registry&scope=repository:a:pull&account=x")]
    [InlineData("&&=&&=x")]
    [InlineData("%zz=%zz&%=%")]
    [InlineData("a=%00&b=%0d%0a")]
    [Trait("Protocol", "ns")]
    [InlineData("ns=docker.io")]
    [InlineData("ns=registry.example:5000&ns=")]
    public async Task Parameters_that_mean_nothing_are_ignored_on_every_verb(string query)
    {
        string repository = RegistryFixture.NewRepository();
        TestBlob blob = TestBlob.Of("{}");
        TestBlob manifest = MinimalImage.Of(blob);
        TestBlob layer = TestBlob.Random(10);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);

        await AskAsync("GET /v2/?", 200);
        string session = (await AskAsync($"POST /v2/{repository}/blobs/uploads/?", 202)).Location;
        await AskAsync($"PATCH {session}?", 202, blob);
        await AskAsync($"GET {session}?", 204);
        await AskAsync($"PUT {session}?digest={blob.Sha256}&", 201);
        await AskAsync($"POST /v2/{repository}/blobs/uploads/?digest={layer.Sha256}&", 201, layer);
        await AskAsync($"POST /v2/{repository}/mounted/blobs/uploads/?mount={blob.Sha256}&from={repository}&", 201);
        await AskAsync($"DELETE {(await AskAsync($"POST /v2/{repository}/blobs/uploads/?", 202)).Location}?", 204);
        await AskAsync($"PUT /v2/{repository}/manifests/v1?", 201, manifest);
        foreach (string method in new[] { "GET", "HEAD" })
        {
            await AskAsync($"{method} /v2/{repository}/blobs/{blob.Sha256}?", 200);
            await AskAsync($"{method} /v2/{repository}/manifests/v1?", 200);
            await AskAsync($"{method} /v2/{repository}/manifests/{manifest.Sha256}?", 200);
        }

        await AskAsync($"GET /v2/{repository}/tags/list?", 200);
        await AskAsync($"GET /v2/{repository}/referrers/{manifest.Sha256}?n=3&", 200);
        await AskAsync("GET /v2/_catalog?", 200);
        await AskAsync($"DELETE /v2/{repository}/manifests/v1?", 202);
        await AskAsync($"DELETE /v2/{repository}/manifests/{manifest.Sha256}?", 202);
        await AskAsync($"DELETE /v2/{repository}/blobs/{blob.Sha256}?", 202);

        async Task<Answer> AskAsync(string target, int status, TestBlob? body = null)
        {
            await connection.SendHeadAsync(target + query, $"Content-Length: {body?.Length ?? 0}", $"Content-Type: {MinimalImage.MediaType}");
            await connection.SendAsync(body?.Content ?? []);
            return (await connection.ReadAsync(toHead: target.StartsWith("HEAD", StringComparison.Ordinal))).Expect(status);
        }
    }

    [Fact]
    [Trait("Protocol", "X9")]
    public async Task A_query_of_thousands_of_parameters_is_read()
    {
        string query = string.Join('&', Enumerable.Range(0, 1500).Select(static i => $"p{i}"));

        (await RawHttp.SendAsync(registry.Host, $"GET /v2/?{query}")).Expect(200);
    }

    [Theory]
    [Trait("Protocol", "N9")]
    [InlineData("application/vnd.x+json", 1)]
    [InlineData("application/vnd.x%2Bjson", 1)]
    [InlineData("application%2Fvnd.x%2bjson", 1)]
    [InlineData("application/vnd.x json", 1)]
    [InlineData("application/vnd.x%252Bjson", 0)]
    [InlineData("application/vnd.y+json", 0)]
    public async Task A_plus_that_was_not_escaped_is_a_plus(string type, int found)
    {
        string repository = RegistryFixture.NewRepository();
        TestBlob config = await registry.Client.PushAsync(repository, TestBlob.Of("{}"));
        string subject = TestBlob.Random(10).Sha256;
        TestBlob referrer = await registry.Client.PushImageAsync(repository, "v1", MinimalImage.Of(config, subject, "application/vnd.x+json"));

        Answer answer = await RawHttp.SendAsync(registry.Host, $"GET /v2/{repository}/referrers/{subject}?artifactType={type.Replace(" ", "%20", StringComparison.Ordinal)}");

        Assert.Equal(found == 1, answer.Expect(200).Text.Contains(referrer.Sha256, StringComparison.Ordinal));
        Assert.Equal("artifactType", answer["OCI-Filters-Applied"]);
    }
}
