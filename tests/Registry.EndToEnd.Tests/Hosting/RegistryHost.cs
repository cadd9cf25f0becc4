using System.Diagnostics;
using System.Globalization;
using System.Net;
using Registry.EndToEnd.Tests.Http;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Hosting;

/// <summary>A registry in a process of its own, on a free port of 127.0.0.1. What it keeps, in a data folder or an object store, outlives the process.</summary>
public sealed class RegistryHost : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeLimit = TimeSpan.FromSeconds(30);

    private readonly HostOptions _options;
    private readonly string _folder;
    private readonly int _port;
    private Daemon? _daemon;

    private RegistryHost(HostOptions options, string folder, Uri url)
    {
        _options = options;
        _folder = folder;
        _port = url.Port;
        Url = url;
        Http = new RegistryHttp(url);
    }

    public Uri Url { get; }

    /// <summary>The socket that it also listens on when it was started with <see cref="HostOptions.WithSocket"/>.</summary>
    public string SocketFile => DataFolder + ".sock";

    /// <summary>Where it keeps what it keeps on disk.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>Host and port, as image references name it.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Url.Host}:{Url.Port}");

    /// <summary>Connections to it. A restart replaces them: those to the process before are broken.</summary>
    public RegistryHttp Http { get; private set; }

    /// <summary>The registry that most tests share.</summary>
    internal static Task<RegistryHost> StartAsync(HostOptions options, TempRoot root, string name, CancellationToken cancellationToken) =>
        options.Running is { } url
            ? UseRunningAsync(options, url, cancellationToken)
            : StartOwnAsync(options, root, name, cancellationToken);

    /// <summary>A registry that the tests start, and may kill; skips the test when the environment gives only a running one.</summary>
    internal static async Task<RegistryHost> StartOwnAsync(HostOptions options, TempRoot root, string name, CancellationToken cancellationToken)
    {
        if (options.Running is not null)
        {
            Assert.Skip("REGISTRY_E2E_URL names a running registry, and this test kills the one it uses");
        }

        var folder = root.NewDirectory(name);
        var host = new RegistryHost(options, folder, new Uri($"http://127.0.0.1:{FreePort.Find()}"));
        await host.StartAsync(cancellationToken);
        return host;
    }

    /// <summary>Starts the process, on the same port and with the same data as before, and waits until it answers.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(DataFolder);
        Http.Dispose();
        Http = new RegistryHttp(Url);
        var command = _options.CommandFor(_port, DataFolder);
        var workingDirectory = command.Count > 1 && File.Exists(command[1]) ? Path.GetDirectoryName(Path.GetFullPath(command[1]))! : _folder;
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }

        _daemon = await Daemon.StartAsync(
            "registry", command[0], [.. command.Skip(1)], _options.Environment, workingDirectory, Path.Combine(_folder, "registry.log"), cancellationToken);
        await Eventually.HoldsAsync(
            AnswersAsync, StartTimeLimit, () => $"{string.Join(' ', command)} did not answer on {Url}\n{LogTail()}", cancellationToken);
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync(CancellationToken cancellationToken) => _daemon!.KillAsync(cancellationToken);

    /// <summary>Asks the process to end, and returns its exit code.</summary>
    public Task<int> StopAsync(CancellationToken cancellationToken) => _daemon!.StopAsync(cancellationToken);

    /// <summary>Bytes below its data folder, where it has one.</summary>
    public long DataLength() => LengthOf(DataFolder);

    /// <summary>Bytes of the files below a folder, which may change meanwhile.</summary>
    internal static long LengthOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true }).Sum(Length);

    /// <summary>Bytes of memory that its process has (its resident set).</summary>
    internal long MemoryBytes()
    {
        using var process = Process.GetProcessById(_daemon!.ProcessId);
        return process.WorkingSet64;
    }

    /// <summary>The end of its log, for messages of tests that failed; empty for a registry that was already running.</summary>
    public string LogTail() => _daemon?.LogTail() ?? "";

    /// <summary>All lines that it has logged so far.</summary>
    public async Task<IReadOnlyList<string>> ReadLogAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(new FileStream(_daemon!.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return (await reader.ReadToEndAsync(cancellationToken)).Split('\n');
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }
    }

    private static long Length(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0; // renamed or deleted since it was listed
        }
    }

    private static async Task<RegistryHost> UseRunningAsync(HostOptions options, Uri url, CancellationToken cancellationToken)
    {
        var host = new RegistryHost(options, "", url);
        await Eventually.HoldsAsync(host.AnswersAsync, StartTimeLimit, () => $"no registry answers on {url} (REGISTRY_E2E_URL)", cancellationToken);
        return host;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (_daemon is { HasExited: true })
        {
            throw new CommandFailedException($"The registry ended instead of listening on {Url}:\n{LogTail()}");
        }

        try
        {
            return await Http.PingAsync(cancellationToken) is HttpStatusCode.OK or HttpStatusCode.Unauthorized;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
