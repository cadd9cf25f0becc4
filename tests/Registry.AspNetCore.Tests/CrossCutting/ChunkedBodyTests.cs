using System.Text;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class ChunkedBodyTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "X4")]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("POST")]
    [InlineData("PUT manifest")]
    public async Task A_body_may_come_in_chunks_of_any_size(string what)
    {
        TestBlob config = await registry.Client.PushAsync(_repository, TestBlob.Of("{}"));
        TestBlob blob = what == "PUT manifest" ? MinimalImage.Of(config) : TestBlob.Random(1000);
        string location = await registry.Client.StartUploadAsync(_repository);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync(
            what switch
            {
                "PATCH" => $"PATCH {location}",
                "PUT" => $"PUT {location}?digest={blob.Sha256}",
                "POST" => $"POST /v2/{_repository}/blobs/uploads/?digest={blob.Sha256}",
                _ => $"PUT /v2/{_repository}/manifests/{blob.Sha256}",
            },
            "Transfer-Encoding: chunked",
            $"Content-Type: {(what == "PUT manifest" ? MinimalImage.MediaType : "application/octet-stream")}");
        for (int i = 0; i < 10; i++)
        {
            await connection.SendChunkAsync(blob[i..(i + 1)]);
        }

        await connection.SendAsync($"{blob.Length - 10:X}; name=value; other=\"quoted\"\r\n");
        await connection.SendAsync(blob[10..]);
        await connection.SendAsync("\r\n0\r\nX-Trailer: value\r\n\r\n");

        (await connection.ReadAsync()).Expect(what == "PATCH" ? 202 : 201);
        if (what == "PATCH")
        {
            (await connection.ExchangeAsync($"PUT {location}?digest={blob.Sha256}")).Expect(201);
        }

        (await connection.ExchangeAsync("GET /v2/")).Expect(200);
        Answer stored = await registry.Client.GetAsync($"/v2/{_repository}/{(what == "PUT manifest" ? "manifests" : "blobs")}/{blob.Sha256}");
        Assert.Equal(blob.Content, stored.Expect(200).Body);
    }

    [Theory]
    [Trait("Protocol", "X4")]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task A_body_of_no_chunks_is_empty(string method)
    {
        string target = method == "PUT" ? await registry.Client.StartUploadAsync(_repository) : $"/v2/{_repository}/blobs/uploads/";
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync($"{method} {target}?digest={TestBlob.Empty.Sha256}", "Transfer-Encoding: chunked");
        await connection.SendLastChunkAsync();

        (await connection.ReadAsync()).Expect(201);
        (await connection.ExchangeAsync($"HEAD /v2/{_repository}/blobs/{TestBlob.Empty.Sha256}")).Expect(200);
    }

    [Fact]
    [Trait("Protocol", "X4")]
    public async Task A_body_with_both_an_encoding_and_a_length_is_never_taken_for_another_request()
    {
        string location = await registry.Client.StartUploadAsync(_repository);
        const string smuggled = "DELETE /v2/x HTTP/1.1\r\nHost: registry.test\r\n\r\n";
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync($"PATCH {location}", "Content-Length: 4", "Transfer-Encoding: chunked");
        await connection.SendChunkAsync(Encoding.ASCII.GetBytes(smuggled));
        await connection.SendLastChunkAsync();

        Answer answer = await connection.ReadAsync();

        Assert.Contains(answer.Status, new[] { 202, 400 });
        Assert.True(await connection.IsEndedByServerAsync());
        Assert.Equal(answer.Status == 202 ? $"0-{smuggled.Length - 1}" : "0-0", await registry.Client.ReceivedAsync(location));
    }
}
