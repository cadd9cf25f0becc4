using System.Net;
using System.Text;

namespace Registry.Bench.Http;

/// <summary>Where a server listens: its address, and the value of the <c>Host</c> header as bytes.</summary>
internal sealed class ServerEndpoint
{
    private readonly byte[] host;
    private readonly byte[] authorization;

    private ServerEndpoint(IPEndPoint address, byte[] host, byte[] authorization)
    {
        Address = address;
        this.host = host;
        this.authorization = authorization;
    }

    private ServerEndpoint(IPEndPoint address, string host)
        : this(address, Encoding.ASCII.GetBytes(host), [])
    {
    }

    public IPEndPoint Address { get; }

    public ReadOnlySpan<byte> Host => host;

    /// <summary>The value of the <c>Authorization</c> header of every request; empty for none.</summary>
    public ReadOnlySpan<byte> Authorization => authorization;

    public static ServerEndpoint Loopback(int port) => new(new IPEndPoint(IPAddress.Loopback, port), $"127.0.0.1:{port}");

    /// <summary>The same with a token in every request.</summary>
    public ServerEndpoint WithBearer(string token) => new(Address, host, Encoding.ASCII.GetBytes($"Bearer {token}"));

    /// <exception cref="ArgumentException">The URL is not plain HTTP, has a path, or names a host that has no address.</exception>
    public static ServerEndpoint FromUrl(Uri url)
    {
        if (url.Scheme != Uri.UriSchemeHttp || url.AbsolutePath != "/")
        {
            throw new ArgumentException($"'{url}' has to look like http://host:port.", nameof(url));
        }

        var addresses = Dns.GetHostAddresses(url.IdnHost);
        if (addresses.Length == 0)
        {
            throw new ArgumentException($"'{url.Host}' has no address.", nameof(url));
        }

        return new ServerEndpoint(new IPEndPoint(addresses[0], url.Port), url.Authority);
    }
}
