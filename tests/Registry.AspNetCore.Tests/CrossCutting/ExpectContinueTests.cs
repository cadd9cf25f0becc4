using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class ExpectContinueTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private const string Unknown = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "X5")]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("POST")]
    [InlineData("PUT manifest")]
    public async Task A_client_that_waits_is_told_to_go_on(string what)
    {
        TestBlob config = await registry.Client.PushAsync(_repository, TestBlob.Of("{}"));
        TestBlob blob = what == "PUT manifest" ? MinimalImage.Of(config) : TestBlob.Random(100_000);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync(
            await TargetAsync(what, blob), $"Content-Length: {blob.Length}", "Expect: 100-continue", $"Content-Type: {MinimalImage.MediaType}");

        (await connection.ReadAsync()).Expect(100);
        await connection.SendAsync(blob.Content);

        (await connection.ReadAsync()).Expect(what == "PATCH" ? 202 : 201);
        (await connection.ExchangeAsync("GET /v2/")).Expect(200);
    }

    [Theory]
    [Trait("Protocol", "X5")]
    [InlineData("PATCH /v2/{repository}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz", 404)]
    [InlineData("PUT /v2/{repository}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz?digest=" + Unknown, 404)]
    [InlineData("PUT {session}", 400)]
    [InlineData("PUT {session}?digest=sha256:malformed", 400)]
    [InlineData("POST /v2/{repository}/blobs/uploads/?digest=md5:d41d8cd98f00b204e9800998ecf8427e", 400)]
    [InlineData("POST /v2/{repository}/blobs/uploads/?digest-algorithm=md5", 400)]
    [InlineData("POST /v2/UPPER/blobs/uploads/?digest=" + Unknown, 400)]
    [InlineData("PUT /v2/{repository}/manifests/.malformed", 400)]
    [InlineData("PUT /v2/{repository}/manifests/sha256:malformed", 400)]
    [InlineData("POST /v2/{repository}/manifests/v1", 405)]
    [InlineData("PUT /v2/nothing", 404)]
    public async Task A_client_that_waits_hears_a_refusal_at_once(string target, int status)
    {
        string session = await registry.Client.StartUploadAsync(_repository);
        target = target.Replace("{repository}", _repository, StringComparison.Ordinal).Replace("{session}", session, StringComparison.Ordinal);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync(target, "Content-Length: 100000000", "Expect: 100-continue");

        Answer answer = (await connection.ReadAsync()).Expect(status);

        Assert.NotNull(answer.ErrorCode);
    }

    [Theory]
    [Trait("Protocol", "X5")]
    [Trait("Protocol", "P2")]
    [InlineData("PATCH", "9-100000008", 416)]
    [InlineData("PATCH", "malformed", 416)]
    [InlineData("PATCH", "0-9", 400)]
    [InlineData("PUT", "9-100000008", 416)]
    [InlineData("PUT", "0-9", 400)]
    public async Task A_client_that_waits_hears_at_once_that_its_chunk_is_in_the_wrong_place(string method, string range, int status)
    {
        string session = await registry.Client.StartUploadAsync(_repository);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync($"{method} {session}?digest={Unknown}", "Content-Length: 100000000", "Expect: 100-continue", $"Content-Range: {range}");

        (await connection.ReadAsync()).Expect(status);
    }

    [Theory]
    [Trait("Protocol", "X5")]
    [InlineData(null, 401)]
    [InlineData("somebody", 403)]
    public async Task A_client_that_waits_hears_at_once_that_it_has_no_right(string? user, int status)
    {
        RegistryHost host = await Accounts.StartRegistryAsync(static (_, _, _) => false);
        await using (host)
        {
            foreach (string target in new[] { "PATCH /v2/a/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz", "PUT /v2/a/manifests/v1", $"POST /v2/a/blobs/uploads/?digest={Unknown}" })
            {
                using RawHttp connection = await RawHttp.ConnectAsync(host);
                await connection.SendHeadAsync(
                    target, "Content-Length: 100000000", "Expect: 100-continue", user is null ? "X-Nobody: 1" : $"Authorization: {Accounts.Credentials(user)}");

                Answer answer = (await connection.ReadAsync()).Expect(status);

                Assert.Equal(status == 401 ? "UNAUTHORIZED" : "DENIED", answer.ErrorCode);
                Assert.Equal(status == 401 ? "Basic realm=\"registry\"" : null, answer["WWW-Authenticate"]);
            }
        }
    }

    [Fact]
    [Trait("Protocol", "X5")]
    public async Task An_expectation_that_means_nothing_here_is_ignored() =>
        (await RawHttp.SendAsync(registry.Host, $"POST /v2/{_repository}/blobs/uploads/", "Content-Length: 0", "Expect: the-unexpected")).Expect(202);

    [Fact]
    [Trait("Protocol", "X5")]
    public async Task A_client_that_is_refused_and_goes_on_sending_keeps_its_connection()
    {
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        for (int i = 0; i < 3; i++)
        {
            await connection.SendHeadAsync($"PATCH /v2/{_repository}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz", "Content-Length: 100000", "Expect: 100-continue");
            Answer answer = (await connection.ReadAsync()).Expect(404);
            if (answer["Connection"] == "close")
            {
                Assert.True(await connection.IsEndedByServerAsync());
                return;
            }

            await connection.SendAsync(new byte[100_000]);
        }

        (await connection.ExchangeAsync("GET /v2/")).Expect(200);
    }

    private async Task<string> TargetAsync(string what, TestBlob blob) => what switch
    {
        "POST" => $"POST /v2/{_repository}/blobs/uploads/?digest={blob.Sha256}",
        "PUT manifest" => $"PUT /v2/{_repository}/manifests/{blob.Sha256}",
        _ => $"{what} {await registry.Client.StartUploadAsync(_repository)}?digest={blob.Sha256}",
    };
}
