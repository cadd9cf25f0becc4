using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Certificates;
using Registry.TestServers.Networks;
using Registry.TestServers.Proxies;

namespace Registry.EndToEnd.Tests.Proxies;

/// <summary>
/// A network in which clients take the proxy for another machine: they verify its certificate, and every port is free. The registry is outside of it, and the proxy reaches it by a
/// socket. One for the run.
/// </summary>
internal sealed class ProxyNetwork : IAsyncDisposable
{
    /// <summary>The same proxy by a name for which no client has been told of the certificate authority.</summary>
    public const string UntrustedName = "untrusted.example.com";

    /// <summary>A proxy of another registry, which asks its clients for tokens.</summary>
    public const string TokenName = "token.example.com";

    /// <summary>The same by a name that can stand for a feed.</summary>
    public const string FeedName = "feed.example.com";

    /// <summary>A proxy of one that asks its clients for a password.</summary>
    public const string BasicName = "basic.example.com";

    /// <summary>Each site has an address, and so a port 443.</summary>
    private static readonly Dictionary<string, string> Addresses = new()
    {
        [ProxyDocument.ServerName] = "10.93.7.1",
        [UntrustedName] = "10.93.7.1",
        [TokenName] = "10.93.7.2",
        [FeedName] = "10.93.7.2",
        [BasicName] = "10.93.7.3",
    };

    private readonly TestRun _run;
    private readonly PrivateNetwork _network;
    private readonly TestCertificateAuthority _authority;
    private readonly string _nginx;

    private ProxyNetwork(TestRun run, PrivateNetwork network, TestCertificateAuthority authority, string nginx)
    {
        _run = run;
        _network = network;
        _authority = authority;
        _nginx = nginx;
        Certificate = authority.Issue([.. Addresses.Keys, "127.0.0.1"]);
    }

    public CertificateFiles Certificate { get; }

    public static Task<ProxyNetwork> SharedAsync(TestRun run) => run.SharedAsync("proxy-network", async () =>
    {
        Tool.RequireRoot();
        Tool.Require("ip");
        var nginx = Tool.Require("nginx");
        var network = await PrivateNetwork.StartAsync(
            Tool.Require("unshare"), Tool.Require("nsenter"), run.Temp.NewDirectory("network"), Addresses, CancellationToken.None);
        return new ProxyNetwork(run, network, TestCertificateAuthority.Create(run.Temp.NewDirectory("authority")), nginx);
    });

    /// <summary>The proxy as clients reach it on a port, verifying its certificate.</summary>
    public RegistryAccess Access(int port, string host = ProxyDocument.ServerName) => new(Name(host, port)) { Tls = true, AuthorityFile = _authority.CertificateFile, Network = _network };

    /// <summary>The same for clients that do not know the certificate authority.</summary>
    public RegistryAccess UntrustedAccess(int port) => new(Name(UntrustedName, port)) { Tls = true, Network = _network };

    /// <summary>Starts nginx with a <c>server</c> of the documentation at a name and some ports of it, in front of a host that was started with <see cref="HostOptions.WithSocket"/>.</summary>
    public Task<NginxServer> StartNginxAsync(string server, RegistryHost host, string name, IReadOnlyList<int> ports, CancellationToken cancellationToken)
    {
        var servers = ports.Select(port => ProxyDocument.Fill(server, $"{Addresses[name]}:{Port(port)}", Certificate, $"http://unix:{host.SocketFile}"));
        return NginxServer.StartAsync(_nginx, string.Join('\n', servers), _run.Temp.NewDirectory("nginx"), _network, cancellationToken);
    }

    /// <summary>The same on a port of 127.0.0.1 in the machine's network, for clients in this process. The proxy reaches the host by TCP there, as one on the same machine does.</summary>
    public Task<NginxServer> StartOutsideAsync(string server, RegistryHost host, int port, CancellationToken cancellationToken) =>
        NginxServer.StartAsync(
            _nginx,
            ProxyDocument.Fill(server, $"127.0.0.1:{Port(port)}", Certificate, host.Url.GetLeftPart(UriPartial.Authority)),
            _run.Temp.NewDirectory("nginx"),
            network: null,
            cancellationToken);

    /// <summary>A client in this process, for proxies outside of the network, that trusts the tests' certificate authority alone.</summary>
    public HttpClient NewClient(Uri address)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_authority.ExportCertificate());
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } };
        return new HttpClient(handler) { BaseAddress = address };
    }

    public async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync();
        _authority.Dispose();
    }

    private static string Name(string host, int port) => port == 443 ? host : $"{host}:{Port(port)}";

    private static string Port(int port) => port.ToString(CultureInfo.InvariantCulture);
}
