using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Tests.Testing;
using Registry.Storage;

namespace Registry.AspNetCore.Tests.Hosting;

/// <summary>What an operator is told of, and what not.</summary>
public sealed class LoggingTests : IAsyncLifetime
{
    private readonly LogCollector _log = new();
    private readonly FaultyStore _store = new();
    private RegistryHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.StartAsync(
        builder =>
        {
            builder.Logging.AddProvider(_log).SetMinimumLevel(LogLevel.Debug);
            builder.Services.AddDockerRegistry().AddStorage(_ => _store).AllowAnonymous();
        },
        static app => app.MapDockerRegistry());

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_a_pull_is_no_error()
    {
        string digest = await _host.Client.PushBlobAsync("app", new byte[64 * 1024 * 1024]);
        using var measured = new Measurements(_host);

        using (Socket client = await ConnectAsync())
        {
            await client.SendAsync(Images.Bytes($"GET /v2/app/blobs/{digest} HTTP/1.1\r\nHost: localhost\r\n\r\n"), TestContext.Current.CancellationToken);
            Assert.True(await client.ReceiveAsync(new byte[1000], TestContext.Current.CancellationToken) > 0);
        }

        await measured.UntilEndedAsync(operations: 1);
        Assert.Empty(_log.Complaints);
        Assert.Contains(_log.Entries, static entry => entry is { Category: "Registry", EventId: 4 });
        Assert.Empty(measured.Of("registry.blob.sent"));
    }

    [Theory]
    [Trait("Protocol", "P8")]
    [InlineData("PATCH", true)]
    [InlineData("PATCH", false)]
    [InlineData("PUT", true)]
    [InlineData("PUT", false)]
    public async Task A_client_that_leaves_in_the_middle_of_a_push_is_no_error(string method, bool abruptly)
    {
        const int times = 20;
        HttpResponseMessage started = await _host.Client.AskAsync("POST", "/v2/app/blobs/uploads/").ShouldBeAsync(HttpStatusCode.Accepted);
        string path = method == "PUT" ? $"/v2/app/manifests/v1" : started.Header("Location")!;
        using var measured = new Measurements(_host);

        for (int turn = 0; turn < times; turn++)
        {
            using (Socket client = await ConnectAsync())
            {
                await client.SendAsync(
                    Images.Bytes($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nbeginning"), TestContext.Current.CancellationToken);
                int begun = turn + 1;
                await Wait.UntilAsync(() => measured.Of("registry.operation.active").Count(static item => item.Value > 0) == begun);
                if (abruptly)
                {
                    client.LingerState = new LingerOption(true, 0);
                }
            }

            await measured.UntilEndedAsync(operations: turn + 1);
        }

        Assert.Empty(_log.Complaints);
    }

    [Fact]
    public async Task A_store_that_cannot_be_reached_is_a_warning_and_what_is_not_foreseen_an_error()
    {
        _store.Before = static (_, _) => throw new StoreUnavailableException("no answer");
        await _host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.ServiceUnavailable);
        _store.Before = static (_, _) => throw new IOException("disk");
        await _host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.InternalServerError);

        Assert.Collection(
            _log.Complaints,
            static entry =>
            {
                Assert.Equal((LogLevel.Warning, 3), (entry.Level, entry.EventId));
                Assert.IsType<StoreUnavailableException>(entry.Exception);
                Assert.Contains("manifest.get", entry.Message, StringComparison.Ordinal);
            },
            static entry =>
            {
                Assert.Equal((LogLevel.Error, 2), (entry.Level, entry.EventId));
                Assert.IsType<IOException>(entry.Exception);
            });
    }

    [Fact]
    public async Task What_is_the_clients_fault_is_neither()
    {
        await _host.Client.FetchAsync("/v2/app/manifests/none").ShouldBeAsync(HttpStatusCode.NotFound);
        await _host.Client.PutManifestAsync("app", "v1", Images.Bytes("garbage")).ShouldBeAsync(HttpStatusCode.BadRequest);
        await _host.Client.PutManifestAsync("app", "v1", Images.Artifact()).ShouldBeAsync(HttpStatusCode.BadRequest);
        await _host.Client.AskAsync("POST", "/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.MethodNotAllowed);
        await _host.Client.PutManifestAsync("app", "v1", new byte[5 * 1024 * 1024]).ShouldBeAsync(HttpStatusCode.RequestEntityTooLarge);

        Assert.Empty(_log.Complaints);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _host.Address.Port, TestContext.Current.CancellationToken);
        return socket;
    }
}
