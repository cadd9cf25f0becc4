using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class EmptyAnswerTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    [Fact]
    [Trait("Protocol", "X3")]
    public async Task A_connection_goes_on_after_every_answer_without_a_body()
    {
        string repository = RegistryFixture.NewRepository();
        TestBlob blob = TestBlob.Of("{}");
        TestBlob manifest = MinimalImage.Of(blob);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);

        string location = await EmptyAsync(202, $"POST /v2/{repository}/blobs/uploads/");
        await EmptyAsync(204, $"GET {location}");
        await EmptyAsync(416, $"PATCH {location}", blob, "Content-Range: 7-8");
        await EmptyAsync(202, $"PATCH {location}", blob, "Content-Range: 0-1");
        await EmptyAsync(416, $"PUT {location}?digest={blob.Sha256}", blob, "Content-Range: 0-1");
        await EmptyAsync(201, $"PUT {location}?digest={blob.Sha256}");
        await EmptyAsync(201, $"POST /v2/{repository}/other/blobs/uploads/?mount={blob.Sha256}&from={repository}");
        await EmptyAsync(201, $"POST /v2/{repository}/third/blobs/uploads/?digest={blob.Sha256}", blob);
        await EmptyAsync(201, $"PUT /v2/{repository}/manifests/v1", manifest, $"Content-Type: {MinimalImage.MediaType}");
        await EmptyAsync(304, $"GET /v2/{repository}/blobs/{blob.Sha256}", null, $"If-None-Match: \"{blob.Sha256}\"");
        await EmptyAsync(304, $"GET /v2/{repository}/manifests/v1", null, $"If-None-Match: \"{manifest.Sha256}\"");
        await EmptyAsync(202, $"DELETE /v2/{repository}/manifests/v1");
        await EmptyAsync(202, $"DELETE /v2/{repository}/manifests/{manifest.Sha256}");
        await EmptyAsync(202, $"DELETE /v2/{repository}/blobs/{blob.Sha256}");
        await EmptyAsync(204, $"DELETE {await EmptyAsync(202, $"POST /v2/{repository}/blobs/uploads/")}");
        Assert.Equal("{}", (await connection.ExchangeAsync("GET /v2/")).Expect(200).Text);

        async Task<string> EmptyAsync(int status, string target, TestBlob? body = null, params string[] headers)
        {
            await connection.SendHeadAsync(target, [.. headers, .. target.StartsWith('P') ? [$"Content-Length: {body?.Length ?? 0}"] : Array.Empty<string>()]);
            await connection.SendAsync(body?.Content ?? []);
            Answer answer = (await connection.ReadAsync()).Expect(status);
            Assert.Empty(answer.Body);
            Assert.Equal(status is 204 or 304 ? null : "0", answer["Content-Length"]);
            Assert.Null(answer["Transfer-Encoding"]);
            Assert.Null(answer["Connection"]);
            return answer["Location"] ?? "";
        }
    }
}
