using System.Globalization;
using Amazon.S3;
using Registry.TestServers.Processes;

namespace Registry.TestServers.Ceph;

/// <summary>
/// A Ceph of one monitor, one OSD in memory and one S3 gateway on free ports of 127.0.0.1. Its processes end with it, or with the process that started it.
/// </summary>
public sealed class CephServer : IAsyncDisposable
{
    public const string AccessKey = "registry-tests";
    public const string SecretKey = "registry-tests-secret";

    /// <summary>An OSD whose monitor is new asks it under no cluster id about every other time, is refused, and ends; the next one is told the id first.</summary>
    private const int OsdStarts = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Programs = ["ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin"];

    private readonly string folder;
    private readonly int monitorPort = FreePort.Find();
    private readonly int gatewayPort = FreePort.Find();
    private readonly List<Daemon> servers = [];

    private readonly long memoryBytes;

    private CephServer(string folder, long memoryBytes)
    {
        this.folder = folder;
        this.memoryBytes = memoryBytes;
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{gatewayPort}"));
    }

    /// <summary>Why it cannot run here, or null.</summary>
    public static string? Missing
    {
        get
        {
            string[] missing = [.. Programs.Where(static program => !IsInstalled(program))];
            return missing.Length == 0 ? null : $"Ceph's S3 gateway is not installed ({string.Join(", ", missing)}): apt-get install --no-install-recommends ceph-mon ceph-osd radosgw";
        }
    }

    /// <summary>Where the S3 gateway listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts it, and returns when the gateway answers.</summary>
    /// <param name="folder">An empty folder for its configuration, logs and the little that it keeps on disk. The caller removes it.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <param name="memoryBytes">How much its objects may take; they are kept in memory.</param>
    public static async Task<CephServer> StartAsync(string folder, CancellationToken cancellationToken, long memoryBytes = 4L << 30)
    {
        var server = new CephServer(folder, memoryBytes);
        try
        {
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a bucket.</summary>
    public async Task CreateBucketAsync(string bucket, CancellationToken cancellationToken)
    {
        using var client = new AmazonS3Client(
            AccessKey, SecretKey, new AmazonS3Config { ServiceURL = Address.AbsoluteUri, ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
        await client.PutBucketAsync(bucket, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = servers.Count - 1; i >= 0; i--)
        {
            // What it holds is of no further use to anybody, so none of it is given time for a goodbye.
            await servers[i].KillAsync(CancellationToken.None);
            await servers[i].DisposeAsync();
        }

        servers.Clear();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        string cluster = Guid.NewGuid().ToString();
        foreach (string part in (string[])["mon", "osd", "rgw"])
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "ceph.conf"), Configuration(cluster), cancellationToken);
        await RunAsync(["monmaptool", "--create", "--addv", "a", string.Create(CultureInfo.InvariantCulture, $"v1:127.0.0.1:{monitorPort}"), "--fsid", cluster, "monmap"], cancellationToken);
        await RunAsync(["ceph-mon", "-c", "ceph.conf", "--mkfs", "-i", "a", "--monmap", "monmap"], cancellationToken);
        await LaunchAsync(["ceph-mon", "-c", "ceph.conf", "-i", "a", "-f"], cancellationToken);
        await RunAsync(["ceph-osd", "-c", "ceph.conf", "-i", "0", "--mkfs"], cancellationToken);

        // Making a user makes the pools, which waits for the OSD.
        using var ready = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task osd = KeepOsdRunningAsync(ready.Token);
        Task user = RunAsync(
            ["radosgw-admin", "-c", "ceph.conf", "user", "create", "--uid=tests", "--display-name=tests", $"--access-key={AccessKey}", $"--secret-key={SecretKey}"], cancellationToken);
        await await Task.WhenAny(osd, user);
        await ready.CancelAsync();
        await osd.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        Daemon gateway = await LaunchAsync(["radosgw", "-c", "ceph.conf", "-n", "client.rgw", "-f"], cancellationToken);
        using var client = new HttpClient();
        await Eventually.HoldsAsync(
            async cancel =>
            {
                try
                {
                    return (await client.GetAsync(Address, cancel)).IsSuccessStatusCode;
                }
                catch (HttpRequestException) when (!gateway.HasExited)
                {
                    return false;
                }
            },
            Patience,
            () => $"Ceph's gateway did not answer at {Address}:\n{gateway.LogTail()}",
            cancellationToken);
    }

    /// <summary>Does what a service manager would: starts the OSD again when it ends. Runs until it is cancelled, or the OSD will not stay.</summary>
    private async Task KeepOsdRunningAsync(CancellationToken cancellationToken)
    {
        for (int start = 1; ; start++)
        {
            Daemon osd = await LaunchAsync(["ceph-osd", "-c", "ceph.conf", "-i", "0", "-f"], cancellationToken);
            await osd.WaitForExitAsync(cancellationToken);
            if (start == OsdStarts)
            {
                throw new CommandFailedException($"Ceph's OSD ended {start} times:\n{osd.LogTail()}");
            }

            servers.Remove(osd);
            await osd.DisposeAsync();
        }
    }

    private string Configuration(string cluster) => string.Create(CultureInfo.InvariantCulture, $"""
        [global]
        fsid = {cluster}
        mon_host = v1:127.0.0.1:{monitorPort}
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
        # Pools are made one after the other, each waiting for the monitor's next round.
        paxos_propose_interval = 0.05
        paxos_min_wait = 0.02
        mon_data = {folder}/mon
        osd_data = {folder}/osd
        osd_objectstore = memstore
        memstore_device_bytes = {memoryBytes}
        osd_class_update_on_start = false
        run_dir = {folder}
        admin_socket = {folder}/$name.asok
        log_file = {folder}/$name.log
        pid_file = {folder}/$name.pid
        keyring = {folder}/keyring
        [client.rgw]
        rgw_frontends = beast endpoint=127.0.0.1:{gatewayPort} tcp_nodelay=1
        rgw_data = {folder}/rgw

        """);

    private async Task<Daemon> LaunchAsync(string[] command, CancellationToken cancellationToken)
    {
        Daemon daemon = await Daemon.StartAsync(
            command[0], command[0], command[1..], ProcessEnvironment.Inherited(), folder, Path.Combine(folder, $"{command[0]}.out"), cancellationToken);
        servers.Add(daemon);
        return daemon;
    }

    private async Task RunAsync(string[] command, CancellationToken cancellationToken)
    {
        CommandResult result = await Command.TryRunAsync(command[0], command[1..], ProcessEnvironment.Inherited(), folder, Patience, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new CommandFailedException(result.ToString());
        }
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(directory => File.Exists(Path.Combine(directory, program)));
}
