using System.Runtime.Versioning;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.TestServers.Networks;
using Registry.TestServers.Processes;

[assembly: SupportedOSPlatform("linux")]
[assembly: AssemblyFixture(typeof(TestRun))]

namespace Registry.EndToEnd.Tests.Hosting;

/// <summary>
/// What all tests of a run share: the registry, the temporary folder, and one of each client. Container engines are
/// started when the first test asks for them, and ended with the run.
/// </summary>
public sealed class TestRun : IAsyncLifetime
{
    private readonly HostOptions _options = HostOptions.FromEnvironment();
    private readonly Dictionary<string, Lazy<Task<IAsyncDisposable>>> _shared = [];
    private readonly Stack<IAsyncDisposable> _started = new();
    private readonly string _runId = Convert.ToHexStringLower(BitConverter.GetBytes(Environment.TickCount64))[..6];
    private int _next;

    private TempRoot? _temp;
    private RegistryHost? _registry;

    public TempRoot Temp => Required(_temp);

    /// <summary>The registry that the clients' tests share.</summary>
    public RegistryHost Registry => Required(_registry);

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var keep = Environment.GetEnvironmentVariable("REGISTRY_E2E_KEEP") is { Length: > 0 };
        _temp = await TempRoot.CreateAsync(keep, CancellationToken.None);
        _registry = await RegistryHost.StartAsync(_options, _temp, "host", CancellationToken.None);
    }

    /// <summary>A registry for one test alone, which it may kill.</summary>
    public Task<RegistryHost> StartOwnRegistryAsync(string name, CancellationToken cancellationToken) =>
        RegistryHost.StartOwnAsync(_options, Temp, name, cancellationToken);

    /// <summary>A registry for one test alone, other than the one that the environment gives.</summary>
    internal Task<RegistryHost> StartAsync(HostOptions options, string name, CancellationToken cancellationToken) =>
        RegistryHost.StartOwnAsync(options, Temp, name, cancellationToken);

    /// <summary>A repository that no other test uses, now or in an earlier run against the same registry.</summary>
    public string NewRepository(string name) => $"e2e-{_runId}/{name}-{Interlocked.Increment(ref _next)}";

    /// <summary>A place for a client to work in, and in a network of its own when one is given.</summary>
    public ClientShell NewShell(string name, PrivateNetwork? network = null) => new(Temp.NewDirectory(name), () => Registry.LogTail(), network);

    /// <summary>One of each kind for the whole run, made when first asked for. Making it may skip the test that asks.</summary>
    public async Task<T> SharedAsync<T>(string name, Func<Task<T>> start)
        where T : IAsyncDisposable
    {
        Lazy<Task<IAsyncDisposable>> entry;
        lock (_shared)
        {
            if (!_shared.TryGetValue(name, out entry!))
            {
                entry = new Lazy<Task<IAsyncDisposable>>(StartAsync);
                _shared.Add(name, entry);
            }
        }

        return (T)await entry.Value;

        async Task<IAsyncDisposable> StartAsync()
        {
            var made = await start();
            lock (_started)
            {
                _started.Push(made);
            }

            return made;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var last))
        {
            await last.DisposeAsync();
        }

        if (_registry is not null)
        {
            await _registry.DisposeAsync();
        }

        if (_temp is not null)
        {
            await _temp.DisposeAsync();
        }
    }

    private static T Required<T>(T? value)
        where T : class
    {
        if (value is null)
        {
            Assert.Skip("container clients run on Linux");
        }

        return value;
    }
}
