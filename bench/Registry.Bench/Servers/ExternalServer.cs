using Registry.Bench.Http;

namespace Registry.Bench.Servers;

/// <summary>A server that somebody else runs: no processor time, no memory, and it may hold other data.</summary>
internal sealed class ExternalServer(Uri url) : IServer
{
    public string Name => "external";

    public string Description => url.ToString();

    public string Durability => "unknown";

    public Task<RunningServer> StartAsync(Setup setup, CancellationToken cancellationToken)
    {
        var endpoint = ServerEndpoint.FromUrl(url);
        using var client = new RegistryClient(new HttpConnection(endpoint));
        var status = client.Ping();
        return status == 200
            ? Task.FromResult(new RunningServer(endpoint, null, process: null))
            : throw new ServerException($"GET {url}v2/ answered {status} instead of 200.");
    }
}
