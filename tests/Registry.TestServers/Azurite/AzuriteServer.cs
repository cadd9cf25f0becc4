using System.ComponentModel;
using System.Globalization;
using System.Security.Cryptography;
using Registry.TestServers.Processes;

namespace Registry.TestServers.Azurite;

/// <summary>Microsoft's emulator of Blob Storage, in memory, on a free port of 127.0.0.1. It is installed with npm into a cache folder when it is not there.</summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    public const string Account = "registrytests";

    private const string Version = "3.37.0";

    private const string InstallLock = ".installing";

    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    private readonly Daemon daemon;

    private AzuriteServer(Daemon daemon, Uri address, string key)
    {
        this.daemon = daemon;
        Address = address;
        Key = key;
    }

    /// <summary>Where it listens; the account is the first part of the path.</summary>
    public Uri Address { get; }

    /// <summary>The account's key, of this server alone.</summary>
    public string Key { get; }

    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={Address.AbsoluteUri.TrimEnd('/')}/{Account}";

    /// <summary>Installs what it needs, and says why that cannot be had here, or null when all is there.</summary>
    public static async Task<string?> InstallAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            return "Azurite is run by way of a POSIX shell here.";
        }

        Directory.CreateDirectory(Folder);

        // Two test projects may come here at once.
        await using FileStream alone = await LockAsync(cancellationToken);
        return File.Exists(Main)
            ? await TryAsync("node", ["--version"], "There is no node command to run Azurite with.", cancellationToken)
            : await TryAsync(
                "npm", ["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix", Folder, $"azurite@{Version}"],
                $"Azurite {Version} is not installed, and there is no npm command to install it with.", cancellationToken);
    }

    /// <summary>Starts it, and returns when it answers.</summary>
    /// <param name="folder">A folder for its log. The caller removes it.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<AzuriteServer> StartAsync(string folder, CancellationToken cancellationToken)
    {
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
        int port = FreePort.Find();
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        Dictionary<string, string> environment = ProcessEnvironment.Inherited();
        environment["AZURITE_ACCOUNTS"] = $"{Account}:{key}";
        Daemon daemon = await Daemon.StartAsync(
            "azurite", "node",
            [Main, "--blobHost", "127.0.0.1", "--blobPort", port.ToString(CultureInfo.InvariantCulture), "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"],
            environment, folder, Path.Combine(folder, "azurite.log"), cancellationToken);
        var server = new AzuriteServer(daemon, address, key);
        try
        {
            using var client = new HttpClient();
            await Eventually.HoldsAsync(cancel => server.AnswersAsync(client, cancel), StartLimit, () => $"Azurite did not answer at {address}:\n{daemon.LogTail()}", cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await daemon.KillAsync(CancellationToken.None);
        await daemon.DisposeAsync();
    }

    private static string Folder
    {
        get
        {
            string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(cache, "registry-tests", "azurite", Version);
        }
    }

    private static string Main => Path.Combine(Folder, "node_modules", "azurite", "dist", "src", "blob", "main.js");

    private async Task<bool> AnswersAsync(HttpClient client, CancellationToken cancellationToken)
    {
        if (daemon.HasExited)
        {
            throw new CommandFailedException($"Azurite ended instead of listening on {Address}:\n{daemon.LogTail()}");
        }

        try
        {
            // Whatever it says to a request that nobody signed, it is there.
            using HttpResponseMessage answer = await client.GetAsync(Address, cancellationToken);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        FileStream? taken = null;
        await Eventually.HoldsAsync(
            _ =>
            {
                try
                {
                    taken = new FileStream(Path.Combine(Folder, InstallLock), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                }
                catch (IOException)
                {
                    // Another process installs it.
                }

                return Task.FromResult(taken is not null);
            },
            InstallLimit,
            () => $"another process still installs Azurite in {Folder}",
            cancellationToken);
        return taken!;
    }

    private static async Task<string?> TryAsync(string program, IReadOnlyList<string> arguments, string missing, CancellationToken cancellationToken)
    {
        try
        {
            CommandResult result = await Command.TryRunAsync(program, arguments, ProcessEnvironment.Inherited(), Folder, InstallLimit, cancellationToken);
            return result.ExitCode == 0 ? null : $"npm could not install Azurite {Version}: {result.Errors.Split('\n').FirstOrDefault()}";
        }
        catch (Win32Exception)
        {
            return missing;
        }
        catch (CommandFailedException)
        {
            return $"npm did not install Azurite {Version} within {InstallLimit}.";
        }
    }
}
