using System.Text;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class ConnectionTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private readonly string _repository = RegistryFixture.NewRepository();

    [Fact]
    [Trait("Protocol", "X3")]
    public async Task Requests_that_come_all_at_once_are_answered_in_their_order()
    {
        TestBlob blob = TestBlob.Of("content");
        string location = await registry.Client.StartUploadAsync(_repository);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        const string host = "HTTP/1.1\r\nHost: registry.test\r\n";
        await connection.SendAsync(
            $"PATCH {location} {host}Content-Length: 7\r\n\r\ncontent"
            + $"PATCH {location} {host}Content-Length: 7\r\nContent-Range: 0-6\r\n\r\ncontent"
            + $"PUT {location}?digest={blob.Sha256} {host}Content-Length: 0\r\n\r\n"
            + $"HEAD /v2/{_repository}/blobs/{blob.Sha256} {host}\r\n"
            + $"GET /v2/{_repository}/blobs/{blob.Sha256} {host}\r\n"
            + $"DELETE {location} {host}\r\n");

        (await connection.ReadAsync()).Expect(202);
        (await connection.ReadAsync()).Expect(416);
        (await connection.ReadAsync()).Expect(201);
        (await connection.ReadAsync(toHead: true)).Expect(200);
        Assert.Equal("content", (await connection.ReadAsync()).Expect(200).Text);
        (await connection.ReadAsync()).Expect(404);
    }

    [Theory]
    [Trait("Protocol", "X3")]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001")]
    [InlineData("GET /v2/\r\n\r\n")]
    [InlineData("GET /v2/ HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("PATCH /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("PATCH /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("PATCH /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    public async Task What_was_pushed_before_garbage_stays_and_the_connection_ends(string garbage)
    {
        TestBlob blob = TestBlob.Random(100);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        byte[] head = Encoding.ASCII.GetBytes($"POST /v2/{_repository}/blobs/uploads/?digest={blob.Sha256} HTTP/1.1\r\nHost: registry.test\r\nContent-Length: 100\r\n\r\n");
        await connection.SendAsync([.. head, .. blob.Content, .. Encoding.Latin1.GetBytes(garbage)]);
        (await connection.ReadAsync()).Expect(201);
        connection.EndSending();

        Answer? refused = null;
        try
        {
            refused = await connection.ReadAsync();
        }
        catch (EndOfStreamException)
        {
            // An unfinished request is answered by the end of the connection.
        }

        Assert.True(refused is null or { Status: 400 or 413 });
        Assert.True(await connection.IsEndedByServerAsync());
        await registry.Client.AssertHasAsync(_repository, blob);
    }

    [Fact]
    [Trait("Protocol", "X3")]
    public async Task An_old_client_that_keeps_no_connection_is_served()
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(1000));
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendAsync($"GET /v2/{_repository}/blobs/{blob.Sha256} HTTP/1.0\r\n\r\n");

        Assert.Equal(blob.Content, (await connection.ReadAsync()).Expect(200).Body);
        Assert.True(await connection.IsEndedByServerAsync());
    }
}
