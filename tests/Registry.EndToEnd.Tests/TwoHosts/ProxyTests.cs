using System.Net;
using System.Net.Sockets;
using Registry.TestServers.Processes;
using Registry.TestServers.Proxies;

namespace Registry.EndToEnd.Tests.TwoHosts;

/// <summary>What the tests' own load balancer promises, which the checks of killed hosts rely on.</summary>
public sealed class ProxyTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_a_host_took_before_it_died_is_given_to_no_other(bool reset)
    {
        using var dying = new TcpListener(IPAddress.Loopback, 0);
        dying.Start();
        var dead = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        var first = new Uri($"http://{dying.LocalEndpoint}");
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        // Whichever host is first in turn, the dying one is, or comes after one that takes no connection.
        await using var proxy = await RoundRobinProxy.StartAsync([dead, first, new Uri($"http://{other.LocalEndpoint}")], Cancelled);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var answer = client.DeleteAsync(proxy.Address, Cancelled);
        using (var taken = await dying.AcceptSocketAsync(Cancelled))
        {
            await taken.ReceiveAsync(new byte[4096], Cancelled);
            dying.Stop();
            taken.LingerState = new LingerOption(reset, 0);
        }

        using var response = await answer;
        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.False(other.Pending());
    }
}
