using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class RefusedBodyTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private const int Large = 24 * 1024 * 1024;

    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "X6")]
    [InlineData("PATCH /v2/{repository}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz", 404, false)]
    [InlineData("PATCH /v2/{repository}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz", 404, true)]
    [InlineData("PUT /v2/{repository}/manifests/v1", 413, false)]
    [InlineData("PUT /v2/{repository}/manifests/v1", 413, true)]
    [InlineData("POST /v2/{repository}/manifests/v1", 405, true)]
    [InlineData("PUT /v2/nothing", 404, false)]
    [InlineData("DELETE /v2/{repository}/manifests/v1", 404, false)]
    [InlineData("GET /v2/", 200, false)]
    public async Task A_client_can_read_the_answer_to_a_large_body_that_nobody_wants(string target, int status, bool chunked)
    {
        string[] parts = target.Replace("{repository}", _repository, StringComparison.Ordinal).Split(' ');
        byte[] body = new byte[Large];
        for (int i = 0; i < 3; i++)
        {
            (await registry.Client.SendAsync(parts[0], parts[1], body, chunked)).Expect(status);
        }
    }

    [Theory]
    [Trait("Protocol", "X6")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_can_read_the_challenge_that_answers_a_large_body(bool chunked)
    {
        RegistryHost host = await Accounts.StartRegistryAsync(static (user, _, _) => user == "pusher");
        await using (host)
        {
            TestBlob blob = TestBlob.Random(Large);
            Answer refused = await new RegistryClient(host.Client).PostAsync($"/v2/{_repository}/blobs/uploads/?digest={blob.Sha256}", blob.Content, chunked);
            refused.Expect(401, "UNAUTHORIZED");
            Assert.NotNull(refused["WWW-Authenticate"]);

            (await host.SignIn("pusher").PostAsync($"/v2/{_repository}/blobs/uploads/?digest={blob.Sha256}", blob.Content, chunked)).Expect(201);
        }
    }

    [Theory]
    [Trait("Protocol", "X6")]
    [InlineData(0)]
    [InlineData(50_000)]
    public async Task The_answer_does_not_wait_for_the_rest_of_the_body(int sent)
    {
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync($"PATCH /v2/{_repository}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz", "Content-Length: 1000000000");
        await connection.SendAsync(new byte[sent]);

        (await connection.ReadAsync()).Expect(404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Theory]
    [Trait("Protocol", "X6")]
    [InlineData("Content-Length: 100000")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task A_refused_body_is_not_taken_for_the_next_request(string header)
    {
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        byte[] body = [.. Enumerable.Repeat("GET /v2/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), 2700).SelectMany(static line => line).Take(100_000)];
        foreach (string target in new[] { $"PATCH /v2/{_repository}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz", "PUT /v2/UPPER/manifests/v1", $"DELETE /v2/{_repository}/manifests/v1" })
        {
            await connection.SendHeadAsync(target, header);
            if (header.Contains("chunked", StringComparison.Ordinal))
            {
                await connection.SendChunkAsync(body);
                await connection.SendLastChunkAsync();
            }
            else
            {
                await connection.SendAsync(body);
            }

            Assert.InRange((await connection.ReadAsync()).Status, 400, 404);
        }

        Assert.Equal("{}", (await connection.ExchangeAsync("GET /v2/")).Expect(200).Text);
    }
}
