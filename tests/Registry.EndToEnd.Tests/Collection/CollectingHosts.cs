using System.Globalization;
using System.Text.Json;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Stores;
using Registry.TestServers.Processes;
using Registry.TestServers.Proxies;

namespace Registry.EndToEnd.Tests.Collection;

/// <summary>One or two hosts that collect all the time, on one folder or bucket; clients reach two of them in turn.</summary>
internal sealed class CollectingHosts : IAsyncDisposable
{
    public const string OnFolder = "folder";
    public const string TwoOnFolder = "folder2";
    public const string TwoOnS3 = "s3";

    // The server is busy with two collectors that go round and round as fast as it lets them, and pushes come to little.
    private const string OnServer = "--Test:OperationsPerSecond=80";

    private static readonly TimeSpan EmptyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MoreForRound = TimeSpan.FromSeconds(5);

    private readonly RegistryHost[] _hosts;
    private readonly string? _folder;
    private readonly RoundRobinProxy? _proxy;
    private readonly RegistryHttp? _http;

    private CollectingHosts(RegistryHost[] hosts, string? folder, RoundRobinProxy? proxy)
    {
        _hosts = hosts;
        _folder = folder;
        _proxy = proxy;
        _http = proxy is null ? null : new RegistryHttp(proxy.Address);
    }

    public IReadOnlyList<RegistryHost> All => _hosts;

    /// <summary>The way to all of them.</summary>
    public RegistryHttp Http => _http ?? _hosts[0].Http;

    public static async Task<CollectingHosts> StartAsync(TestRun run, string where, TimeSpan cacheLifetime, CancellationToken cancellationToken)
    {
        string? folder = where == TwoOnS3 ? null : run.Temp.NewDirectory("collected");
        var place = folder is not null
            ? HostOptions.Sample("CollectionHost", [$"--Registry:Data={folder}"])
            : (await ObjectStore.SharedAsync(run, ObjectStore.S3)) is { } server ? (await server.NewPlaceAsync(cancellationToken)).As("CollectionHost").With(OnServer) : throw new InvalidOperationException();
        place = place.With(
            string.Create(CultureInfo.InvariantCulture, $"--Registry:Content:CacheLifetime={cacheLifetime}"),
            "--Registry:Content:GracePeriod=00:00:01",
            "--Logging:LogLevel:Registry=Warning");
        var count = where == OnFolder ? 1 : 2;
        var hosts = await Task.WhenAll(Enumerable.Range(0, count).Select(i => run.StartAsync(place, $"collecting-{where}-{i}", cancellationToken)));
        var proxy = count == 1 ? null : await RoundRobinProxy.StartAsync([.. hosts.Select(host => host.Url)], cancellationToken);
        return new CollectingHosts(hosts, folder, proxy);
    }

    /// <summary>Bytes of what is stored, in a folder.</summary>
    public long StoredBytes() => _folder is null ? 0 : RegistryHost.LengthOf(_folder);

    /// <summary>The memory of the hosts' processes, together.</summary>
    public async Task<HostMemory> ReadMemoryAsync(CancellationToken cancellationToken)
    {
        var sum = new HostMemory(0, 0, 0);
        foreach (var host in _hosts)
        {
            using var managed = JsonDocument.Parse(await host.Http.Client.GetStringAsync("/test/memory", cancellationToken));
            sum += new HostMemory(host.MemoryBytes(), managed.RootElement.GetProperty("committedBytes").GetInt64(), managed.RootElement.GetProperty("liveBytes").GetInt64());
        }

        return sum;
    }

    public string LogTail() => string.Join('\n', _hosts.Select(host => $"[{host.Name}]\n{host.LogTail()}"));

    /// <summary>What the way to two hosts failed with, beside broken connections.</summary>
    public IReadOnlyList<string> Unexpected => _proxy?.Unexpected ?? [];

    /// <summary>No host's collector met anything that it could not read or do.</summary>
    public async Task AssertCollectorsWorkedAsync(CancellationToken cancellationToken)
    {
        foreach (var host in _hosts)
        {
            var lines = await host.ReadLogAsync(cancellationToken);
            var failure = lines.Index().FirstOrDefault(line => line.Item.Contains("THE COLLECTOR FAILED", StringComparison.Ordinal));
            Assert.True(failure.Item is null, string.Join('\n', lines.Skip(failure.Index).Take(20)));
        }
    }

    /// <summary>After everything was deleted: nothing stays but names, counts of pulls, and what remembers that something is gone.</summary>
    /// <param name="rounds">How many rounds of work there were: on a server, where collectors are held back, what is left to collect grows with them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many objects of each kind stay.</returns>
    public async Task<string> AssertBecomesEmptyAsync(int rounds, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> all = [];
        IReadOnlyList<string> left = [];
        await Eventually.HoldsAsync(
            async token =>
            {
                var text = await _hosts[0].Http.Client.GetStringAsync("/test/keys", token);
                all = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                left = [.. all.Where(line => !MayStay(line))];
                if (_folder is not null)
                {
                    // What remembers uploads that ended stays for a day.
                    left = [.. left, .. Directory.EnumerateFiles(Path.Combine(_folder, "staging")).Where(file => Path.GetExtension(file) is not (".gone" or ".cuts"))];
                }

                return left.Count == 0;
            },
            _folder is null ? EmptyWithin + (rounds * MoreForRound) : EmptyWithin,
            () => $"all is collected; {left.Count} objects are left: {string.Join('\n', left.Take(40))}",
            cancellationToken);
        return string.Join(", ", all.CountBy(line => line.Split('/', ' ')[0] is "repos" ? line.Split('/')[2] : line.Split('/', ' ')[0]).Select(kind => $"{kind.Value} {kind.Key}"));
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
    }

    private static bool MayStay(string line)
    {
        var parts = line.Split(' ', 2);
        var key = parts[0];
        return key is "registry-format"
            || key.StartsWith("maintenance/", StringComparison.Ordinal)
            || key.StartsWith("catalog/", StringComparison.Ordinal)
            || key.StartsWith("usage/", StringComparison.Ordinal)
            || (key.StartsWith("blobs/", StringComparison.Ordinal) && Property(parts[1], "state") == "gone")
            || (key.Contains("/manifests/", StringComparison.Ordinal) && Property(parts[1], "state") == "deleted")
            || (key.Contains("/tags/", StringComparison.Ordinal) && Property(parts[1], "digest") is null);
    }

    // Of the record itself: a deleted tag's tells what it pointed at before.
    private static string? Property(string record, string name)
    {
        if (record.Length == 0)
        {
            return null; // removed since it was listed
        }

        using var json = JsonDocument.Parse(record);
        return json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
