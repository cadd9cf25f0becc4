using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;
using Registry.Storage.Azure.Tests.Testing;

[assembly: AssemblyFixture(typeof(Azurite))]

namespace Registry.Storage.Azure.Tests.Testing;

/// <summary>Microsoft's emulator of Blob Storage, started once for all tests. It is installed with npm into a cache folder when it is not there.</summary>
public sealed class Azurite : IAsyncLifetime
{
    private const string Version = "3.37.0";
    private const string Account = "registrytests";
    private const string Listening = "successfully listens on ";

    // Node ends itself when its standard input does: also when the test process is killed.
    private const string Bootstrap = "process.stdin.on('end', () => process.exit(0)).resume(); process.argv.splice(1, 0, 'azurite'); require(process.env.AZURITE_MAIN);";

    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    private readonly string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
    private readonly SemaphoreSlim gate = new(1, 1);
    private Process? process;
    private Task<string?>? starting;
    private Uri? endpoint;
    private string? missing;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A client for a container, which is not made by this. Skips the test where there is no emulator.</summary>
    public async ValueTask<BlobContainerClient> ContainerAsync(string name, CancellationToken cancellationToken, HttpPipelinePolicy? policy = null)
    {
        BlobServiceClient service = await ServiceAsync(cancellationToken, policy);
        return service.GetBlobContainerClient(name);
    }

    public async ValueTask<BlobServiceClient> ServiceAsync(CancellationToken cancellationToken, HttpPipelinePolicy? policy = null)
    {
        await StartAsync(cancellationToken);
        Assert.SkipWhen(missing is not null, missing ?? "");
        return ServiceAt(endpoint!, policy);
    }

    /// <summary>A client for an account at an address where nobody need be.</summary>
    public BlobServiceClient ServiceAt(Uri address, HttpPipelinePolicy? policy = null)
    {
        BlobClientOptions options = AzureBlobObjectStore.CreateClientOptions();
        if (policy is not null)
        {
            // What changes a request has to come before it is signed.
            options.AddPolicy(policy, policy is WithoutConditions ? HttpPipelinePosition.PerCall : HttpPipelinePosition.PerRetry);
        }

        return new BlobServiceClient(new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{Account}"), new StorageSharedKeyCredential(Account, key), options);
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { } started)
        {
            if (!started.HasExited)
            {
                started.Kill(entireProcessTree: true);
                await started.WaitForExitAsync();
            }

            started.Dispose();
        }

        gate.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            starting ??= TryStartAsync(CancellationToken.None);
        }
        finally
        {
            gate.Release();
        }

        missing = await starting.WaitAsync(cancellationToken);
    }

    private async Task<string?> TryStartAsync(CancellationToken cancellationToken)
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string folder = Path.Combine(cache, "registry-tests", "azurite", Version);
        string main = Path.Combine(folder, "node_modules", "azurite", "dist", "src", "blob", "main.js");
        if (!File.Exists(main) && await InstallAsync(folder, cancellationToken) is { } reason)
        {
            return reason;
        }

        string[] arguments =
        [
            "-e", Bootstrap, "--", "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent",
        ];
        var start = new ProcessStartInfo("node", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment["AZURITE_MAIN"] = main;
        start.Environment["AZURITE_ACCOUNTS"] = $"{Account}:{key}";
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            return "There is no node command to run Azurite with.";
        }

        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new List<string>();
        void Read(string? line)
        {
            if (line is null)
            {
                return;
            }

            int at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at >= 0)
            {
                address.TrySetResult(new Uri(line[(at + Listening.Length)..].Trim()));
            }

            lock (output)
            {
                output.Add(line);
            }
        }

        process.OutputDataReceived += (_, e) => Read(e.Data);
        process.ErrorDataReceived += (_, e) => Read(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Task ended = process.WaitForExitAsync(cancellationToken);
        Task first = await Task.WhenAny(address.Task, ended).WaitAsync(StartLimit, cancellationToken);
        if (first == ended)
        {
            lock (output)
            {
                throw new InvalidOperationException($"Azurite ended: {string.Join('\n', output)}");
            }
        }

        endpoint = await address.Task;
        return null;
    }

    private static async Task<string?> InstallAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        string[] arguments = ["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix", folder, $"azurite@{Version}"];
        Process npm;
        try
        {
            npm = Process.Start(new ProcessStartInfo("npm", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder })!;
        }
        catch (Win32Exception)
        {
            return $"Azurite {Version} is not installed, and there is no npm command to install it with.";
        }

        using (npm)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(InstallLimit);
            try
            {
                Task<string> output = npm.StandardOutput.ReadToEndAsync(limit.Token);
                string errors = await npm.StandardError.ReadToEndAsync(limit.Token);
                await output;
                await npm.WaitForExitAsync(limit.Token);
                return npm.ExitCode == 0 ? null : $"npm could not install Azurite {Version}: {errors.Split('\n').FirstOrDefault()}";
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return $"npm did not install Azurite {Version} within {InstallLimit}.";
            }
            finally
            {
                if (!npm.HasExited)
                {
                    npm.Kill(entireProcessTree: true);
                }
            }
        }
    }
}
