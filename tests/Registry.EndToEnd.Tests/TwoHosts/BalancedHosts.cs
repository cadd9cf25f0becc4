using System.Globalization;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Stores;
using Registry.TestServers.Proxies;

namespace Registry.EndToEnd.Tests.TwoHosts;

/// <summary>Two hosts of one registry, which share nothing but the bucket or container, behind a proxy that gives them requests in turn.</summary>
internal sealed class BalancedHosts : IAsyncDisposable
{
    private readonly RoundRobinProxy _proxy;
    private readonly IReadOnlyList<IAsyncDisposable> _owned;
    private int _seen;

    private BalancedHosts(RegistryHost first, RegistryHost second, RoundRobinProxy proxy, IReadOnlyList<IAsyncDisposable> owned)
    {
        First = first;
        Second = second;
        _proxy = proxy;
        _owned = owned;
        Http = new RegistryHttp(proxy.Address);
    }

    public RegistryHost First { get; }

    public RegistryHost Second { get; }

    public IReadOnlyList<RegistryHost> Both => [First, Second];

    /// <summary>Connections to the proxy.</summary>
    public RegistryHttp Http { get; }

    /// <summary>Host and port of the proxy, as image references name it.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{_proxy.Address.Host}:{_proxy.Address.Port}");

    /// <summary>Makes a host ask the store for everything, so that each sees at once what the other did.</summary>
    private static string WithoutCache => Caching(TimeSpan.Zero);

    /// <summary>The hosts that tests share, behind a proxy of the caller's own.</summary>
    public static async Task<BalancedHosts> SharedAsync(TestRun run, string store, CancellationToken cancellationToken)
    {
        var server = await ObjectStore.SharedAsync(run, store);
        var place = (await server.SharedPlaceAsync(cancellationToken)).With(WithoutCache);
        var hosts = new List<RegistryHost>();
        foreach (var name in (string[])[$"{store}-first", $"{store}-second"])
        {
            hosts.Add(await run.SharedAsync(name, () => run.StartAsync(place, name, CancellationToken.None)));
        }

        return await BalanceAsync(hosts, [], cancellationToken);
    }

    /// <summary>Hosts of the caller's own, which it may kill, on a bucket or container of their own.</summary>
    /// <param name="run">The run.</param>
    /// <param name="store">Which kind of store.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="cacheLifetime">How long a host relies on what it has seen; by default not at all.</param>
    public static async Task<BalancedHosts> StartAsync(TestRun run, string store, CancellationToken cancellationToken, TimeSpan cacheLifetime = default)
    {
        var server = await ObjectStore.SharedAsync(run, store);
        var place = (await server.NewPlaceAsync(cancellationToken)).With(Caching(cacheLifetime));
        // They start at the same time on a place that is empty.
        var hosts = await Task.WhenAll(run.StartAsync(place, $"{store}-own-first", cancellationToken), run.StartAsync(place, $"{store}-own-second", cancellationToken));
        return await BalanceAsync(hosts, hosts, cancellationToken);
    }

    /// <summary>The requests that the proxy has passed on since this was asked for the last time.</summary>
    public IReadOnlyList<ProxiedRequest> TakeRequests()
    {
        var all = _proxy.Requests;
        var since = all.Skip(_seen).ToArray();
        _seen = all.Count;
        return since;
    }

    /// <summary>Each request since <see cref="TakeRequests"/> went to the other host than the one before.</summary>
    public void AssertAlternated(int atLeast)
    {
        var requests = TakeRequests();
        Assert.True(requests.Count >= atLeast, $"only {requests.Count} requests");
        Assert.All(requests.Zip(requests.Skip(1)), pair => Assert.NotEqual(pair.First.Host, pair.Second.Host));
    }

    public string LogTail() => string.Join('\n', Both.Select(host => $"[{host.Name}]\n{host.LogTail()}"));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _proxy.DisposeAsync();
        foreach (var host in _owned)
        {
            await host.DisposeAsync();
        }
    }

    private static string Caching(TimeSpan lifetime) => string.Create(CultureInfo.InvariantCulture, $"--Registry:Content:CacheLifetime={lifetime}");

    private static async Task<BalancedHosts> BalanceAsync(IReadOnlyList<RegistryHost> hosts, IReadOnlyList<IAsyncDisposable> owned, CancellationToken cancellationToken) =>
        new(hosts[0], hosts[1], await RoundRobinProxy.StartAsync([.. hosts.Select(host => host.Url)], cancellationToken), owned);
}
