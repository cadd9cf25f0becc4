using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class SizeLimitTests(RegistryFixture registry) : IAsyncLifetime
{
    private const int Limit = 500_000;

    private readonly string _repository = RegistryFixture.NewRepository();
    private RegistryHost? _limited;

    private RegistryHost Limited => _limited!;

    private RegistryClient Client => new(Limited.Client);

    public async ValueTask InitializeAsync() => _limited = await registry.StartAsync(static options => options.Content.MaxBlobBytes = Limit);

    public async ValueTask DisposeAsync()
    {
        await Limited.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [Trait("Protocol", "F14")]
    [InlineData("POST", false)]
    [InlineData("POST", true)]
    [InlineData("PATCH", false)]
    [InlineData("PATCH", true)]
    [InlineData("PUT", false)]
    [InlineData("PUT", true)]
    public async Task A_blob_of_the_largest_size_is_taken_and_one_byte_more_is_not(string method, bool chunked)
    {
        TestBlob largest = TestBlob.Random(Limit);
        TestBlob tooLarge = TestBlob.Random(Limit + 1);

        await PushAsync(largest, 202, 201);
        await PushAsync(tooLarge, 413, 413);

        await Client.AssertHasAsync(_repository, largest);
        await Client.AssertHasNotAsync(_repository, tooLarge.Sha256);

        async Task PushAsync(TestBlob blob, int patched, int pushed)
        {
            if (method == "POST")
            {
                (await Client.PostAsync($"/v2/{_repository}/blobs/uploads/?digest={blob.Sha256}", blob.Content, chunked)).Expect(pushed);
                return;
            }

            string location = await Client.StartUploadAsync(_repository);
            if (method == "PUT")
            {
                (await Client.FinishAsync(location, blob.Sha256, blob.Content, chunked: chunked)).Expect(pushed);
                return;
            }

            (await Client.PatchAsync(location, blob.Content, chunked: chunked)).Expect(patched);
            if (patched == 202)
            {
                (await Client.FinishAsync(location, blob.Sha256)).Expect(pushed);
            }
        }
    }

    [Theory]
    [Trait("Protocol", "F14")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_limit_is_on_the_blob_and_not_on_the_chunk(bool chunked)
    {
        TestBlob blob = TestBlob.Random(Limit);
        string location = await Client.StartUploadAsync(_repository);
        (await Client.PatchAsync(location, blob[..300_000])).Expect(202);

        (await Client.PatchAsync(location, new byte[200_001], chunked: chunked)).Expect(413, "SIZE_INVALID");
        (await Client.PatchAsync(location, new byte[200_001], "300000-500000", chunked)).Expect(413, "SIZE_INVALID");
        (await Client.FinishAsync(location, blob.Sha256, new byte[200_001], chunked: chunked)).Expect(413, "SIZE_INVALID");

        Assert.Equal("0-299999", await Client.ReceivedAsync(location));
        (await Client.FinishAsync(location, blob.Sha256, blob[300_000..])).Expect(201);
        await Client.AssertHasAsync(_repository, blob);
    }

    [Theory]
    [Trait("Protocol", "F14")]
    [Trait("Protocol", "X5")]
    [Trait("Protocol", "X6")]
    [InlineData("PATCH", 0, Limit + 1L)]
    [InlineData("PUT", 0, Limit + 1L)]
    [InlineData("PATCH", 300_000, 200_001L)]
    [InlineData("PUT", 300_000, 200_001L)]
    [InlineData("PATCH", 0, long.MaxValue)]
    [InlineData("PUT", 300_000, long.MaxValue)]
    public async Task An_announced_size_that_is_too_large_is_refused_before_the_body_comes(string method, int received, long announced)
    {
        string location = await Client.StartUploadAsync(_repository);
        if (received > 0)
        {
            (await Client.PatchAsync(location, new byte[received])).Expect(202);
        }

        using RawHttp connection = await RawHttp.ConnectAsync(Limited);
        await connection.SendHeadAsync($"{method} {RegistryClient.WithDigest(location, TestBlob.Empty.Sha256)}", $"Content-Length: {announced}");

        (await connection.ReadAsync()).Expect(413, "SIZE_INVALID");
    }

    [Fact]
    [Trait("Protocol", "F14")]
    public async Task A_body_that_never_ends_is_refused_at_the_limit()
    {
        string location = await Client.StartUploadAsync(_repository);
        using RawHttp connection = await RawHttp.ConnectAsync(Limited);
        await connection.SendHeadAsync($"PATCH {location}", "Transfer-Encoding: chunked");
        Task<Answer> answer = connection.ReadAsync();
        byte[] piece = new byte[50_000];

        int sent = 0;
        while (!answer.IsCompleted && sent < 200)
        {
            await connection.SendChunkAsync(piece);
            sent++;
        }

        (await answer).Expect(413, "SIZE_INVALID");
        Assert.Equal("0-0", await Client.ReceivedAsync(location));
    }

    [Fact]
    [Trait("Protocol", "F14")]
    public async Task A_blob_larger_than_a_web_servers_usual_limit_can_be_pushed_every_way()
    {
        TestBlob blob = TestBlob.Random(32 * 1024 * 1024);
        RegistryClient client = registry.Client;

        (await client.PostAsync($"/v2/{_repository}/blobs/uploads/?digest={blob.Sha256}", blob.Content)).Expect(201);
        (await client.FinishAsync(await client.StartUploadAsync(_repository), blob.Sha256, blob.Content, chunked: true)).Expect(201);
        string location = await client.StartUploadAsync(_repository);
        (await client.PatchAsync(location, blob.Content)).Expect(202);
        (await client.FinishAsync(location, blob.Sha256)).Expect(201);

        await client.AssertHasAsync(_repository, blob);
    }
}

public sealed class SizeLimitInMemoryTests(InMemoryRegistry registry) : SizeLimitTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class SizeLimitOnDiskTests(FileSystemRegistry registry) : SizeLimitTests(registry), IClassFixture<FileSystemRegistry>;
