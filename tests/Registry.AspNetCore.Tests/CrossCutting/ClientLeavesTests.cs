using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class ClientLeavesTests : IAsyncLifetime
{
    private readonly CollectedLogs _logs = new();
    private RegistryHost? _host;
    private int _begun;
    private int _ended;
    private Exception? _unhandled;

    private RegistryHost Host => _host!;

    private RegistryClient Client => new(Host.Client);

    public async ValueTask InitializeAsync() => _host = await RegistryHost.StartAsync(
        builder =>
        {
            builder.Logging.AddProvider(_logs);
            builder.Services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous();
        },
        app =>
        {
            app.Use(async (context, next) =>
            {
                Interlocked.Increment(ref _begun);
                try
                {
                    await next(context);
                }
                catch (Exception e)
                {
                    _unhandled = e;
                    throw;
                }
                finally
                {
                    Interlocked.Increment(ref _ended);
                }
            });
            app.MapDockerRegistry();
        });

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _logs.Dispose();
    }

    [Theory]
    [Trait("Protocol", "P8")]
    [InlineData("PATCH", "Content-Length: 1000000", false)]
    [InlineData("PATCH", "Content-Length: 1000000", true)]
    [InlineData("PATCH", "Transfer-Encoding: chunked", false)]
    [InlineData("PATCH", "Transfer-Encoding: chunked", true)]
    [InlineData("PUT", "Content-Length: 1000000", false)]
    [InlineData("PUT", "Content-Length: 1000000", true)]
    [InlineData("POST", "Content-Length: 1000000", false)]
    [InlineData("POST", "Content-Length: 1000000", true)]
    [InlineData("PUT manifest", "Content-Length: 1000000", false)]
    [InlineData("PUT manifest", "Content-Length: 1000000", true)]
    public async Task A_client_that_leaves_in_the_middle_of_its_body_is_no_error_of_the_server(string what, string header, bool orderly)
    {
        string location = await Client.StartUploadAsync("some/repository");
        string target = what switch
        {
            "POST" => $"POST /v2/some/repository/blobs/uploads/?digest={TestBlob.Empty.Sha256}",
            "PUT manifest" => "PUT /v2/some/repository/manifests/tag",
            _ => $"{what} {location}?digest={TestBlob.Empty.Sha256}",
        };
        int before = Volatile.Read(ref _begun);
        using RawHttp connection = await RawHttp.ConnectAsync(Host);
        await connection.SendHeadAsync(target, header);
        await (header.Contains("chunked", StringComparison.Ordinal) ? connection.SendChunkAsync(new byte[400_000]) : connection.SendAsync(new byte[400_000]));
        await Eventually.IsAsync(() => Task.FromResult(Volatile.Read(ref _begun) > before));

        if (orderly)
        {
            connection.EndSending();
        }
        else
        {
            connection.Break();
        }

        await Eventually.IsAsync(() => Task.FromResult(Volatile.Read(ref _ended) > before));
        Assert.Null(_unhandled);
        Assert.True(_logs.Warnings.Count == 0, string.Join(Environment.NewLine, _logs.Warnings));
    }

    [Fact]
    [Trait("Protocol", "B1")]
    public async Task A_client_that_leaves_in_the_middle_of_a_blob_is_no_error_of_the_server()
    {
        TestBlob blob = await Client.PushAsync("some/repository", TestBlob.Random(64 * 1024 * 1024));
        int before = Volatile.Read(ref _begun);
        using RawHttp connection = await RawHttp.ConnectAsync(Host);
        await connection.SendHeadAsync($"GET /v2/some/repository/blobs/{blob.Sha256}");
        await Eventually.IsAsync(() => Task.FromResult(Volatile.Read(ref _begun) > before));

        connection.Break();

        await Eventually.IsAsync(() => Task.FromResult(Volatile.Read(ref _ended) > before));
        Assert.Null(_unhandled);
        Assert.True(_logs.Warnings.Count == 0, string.Join(Environment.NewLine, _logs.Warnings));
    }

    [Theory]
    [Trait("Protocol", "X4")]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("POST")]
    [InlineData("PUT manifest")]
    public async Task A_body_that_is_encoded_wrongly_is_no_error_of_the_server(string what)
    {
        string location = await Client.StartUploadAsync("some/repository");
        string target = what switch
        {
            "POST" => $"POST /v2/some/repository/blobs/uploads/?digest={TestBlob.Empty.Sha256}",
            "PUT manifest" => "PUT /v2/some/repository/manifests/tag",
            _ => $"{what} {location}?digest={TestBlob.Empty.Sha256}",
        };
        foreach (string garbage in new[] { "zz\r\n", "ffffffffffffffffff\r\n" })
        {
            using RawHttp connection = await RawHttp.ConnectAsync(Host);
            await connection.SendHeadAsync(target, "Transfer-Encoding: chunked", "Content-Type: application/vnd.oci.image.manifest.v1+json");
            await connection.SendAsync(garbage);

            Answer answer = await connection.ReadAsync();

            answer.Expect(400);
            Assert.NotNull(answer.ErrorCode);
        }

        Assert.Null(_unhandled);
        Assert.True(_logs.Warnings.Count == 0, string.Join(Environment.NewLine, _logs.Warnings));
    }
}
