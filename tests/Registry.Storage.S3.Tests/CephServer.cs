using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Registry.Storage.S3;

[assembly: AssemblyFixture(typeof(CephServer))]

namespace Registry.Storage.S3;

/// <summary>
/// A Ceph of one monitor, one OSD in memory and one S3 gateway on free ports of 127.0.0.1, started once for the run. It ends by process id with the run,
/// and takes its folder with it. Where Ceph's programs are missing, <see cref="Missing"/> says so.
/// </summary>
public sealed class CephServer : IAsyncLifetime
{
    public const string AccessKey = "registry-tests";
    public const string SecretKey = "registry-tests-secret";

    private const int Attempts = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(75);
    private static readonly string[] Programs = ["ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin"];

    private readonly List<Process> servers = [];
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"registry-s3-{Environment.ProcessId}-{Guid.NewGuid():N}");

    /// <summary>Why there is no server, or null.</summary>
    public string? Missing { get; private set; }

    public Uri Address { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        string[] missing = [.. Programs.Where(program => !Find(program))];
        if (missing.Length > 0)
        {
            Missing = $"Ceph's S3 gateway is not installed ({string.Join(", ", missing)}): apt-get install --no-install-recommends ceph-mon ceph-osd radosgw";
            return;
        }

        // A run that is ended from outside disposes nothing.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill();
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await StartAsync();
                return;
            }
            catch when (attempt < Attempts)
            {
                // Now and then the OSD does not join the monitor on a busy machine; a fresh cluster does.
                await DisposeAsync();
            }
            catch
            {
                // A fixture that fails is not disposed.
                await DisposeAsync();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        for (int i = servers.Count - 1; i >= 0; i--)
        {
            await servers[i].WaitForExitAsync();
            servers[i].Dispose();
        }

        servers.Clear();
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Kill()
    {
        foreach (Process server in servers.Where(static server => !server.HasExited))
        {
            server.Kill();
        }
    }

    private async Task StartAsync()
    {
        int monitor = FreePort();
        int gateway = FreePort();
        string id = Guid.NewGuid().ToString();
        foreach (string part in (string[])["mon", "osd", "rgw"])
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "ceph.conf"), string.Create(CultureInfo.InvariantCulture, $"""
            [global]
            fsid = {id}
            mon_host = v1:127.0.0.1:{monitor}
            public_addr = 127.0.0.1
            ms_bind_msgr2 = false
            auth_cluster_required = none
            auth_service_required = none
            auth_client_required = none
            osd_pool_default_size = 1
            osd_pool_default_min_size = 1
            osd_pool_default_pg_num = 8
            osd_crush_chooseleaf_type = 0
            mon_allow_pool_size_one = true
            mon_data_avail_crit = 1
            mon_data = {folder}/mon
            osd_data = {folder}/osd
            osd_objectstore = memstore
            memstore_device_bytes = 4294967296
            osd_class_update_on_start = false
            run_dir = {folder}
            admin_socket = {folder}/$name.asok
            log_file = {folder}/$name.log
            pid_file = {folder}/$name.pid
            keyring = {folder}/keyring
            [client.rgw]
            rgw_frontends = beast endpoint=127.0.0.1:{gateway}
            rgw_data = {folder}/rgw

            """));
        await RunAsync("monmaptool", "--create", "--addv", "a", $"v1:127.0.0.1:{monitor}", "--fsid", id, "monmap");
        await RunAsync("ceph-mon", "-c", "ceph.conf", "--mkfs", "-i", "a", "--monmap", "monmap");
        Start("ceph-mon", "-c", "ceph.conf", "-i", "a", "-f");
        await RunAsync("ceph-osd", "-c", "ceph.conf", "-i", "0", "--mkfs");
        Start("ceph-osd", "-c", "ceph.conf", "-i", "0", "-f");

        // Waits until the OSD is there by itself.
        await RunAsync("radosgw-admin", "-c", "ceph.conf", "user", "create", "--uid=tests", "--display-name=tests", $"--access-key={AccessKey}", $"--secret-key={SecretKey}");
        Start("radosgw", "-c", "ceph.conf", "-n", "client.rgw", "-f");
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{gateway}"));
        using var client = new HttpClient();
        await UntilAsync("the gateway", async () =>
        {
            try
            {
                return (await client.GetAsync(Address)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    private async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < Patience && servers.All(server => !server.HasExited), $"Ceph did not come up; {what} was waited for.");
            await Task.Delay(200);
        }
    }

    private void Start(string program, params string[] arguments)
    {
        Process process = Launch(program, arguments);
        servers.Add(process);

        // A pipe that nobody reads would stop it.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private async Task RunAsync(string program, params string[] arguments) => Assert.True(await TryRunAsync(program, arguments), $"{program} failed in {folder}.");

    private async Task<bool> TryRunAsync(string program, params string[] arguments)
    {
        using Process process = Launch(program, arguments);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            return false;
        }
    }

    private Process Launch(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        WorkingDirectory = folder,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static bool Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(directory => File.Exists(Path.Combine(directory, program)));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
