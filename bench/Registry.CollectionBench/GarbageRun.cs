using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Collection;

namespace Registry.CollectionBench;

/// <summary>The same images pushed to Debian's registry and to ours, half of them deleted, and the bytes of these got back: by <c>docker-registry garbage-collect</c>, for which the registry has to stand still, and by our collector.</summary>
internal sealed class GarbageRun(string folder, int images)
{
    private const int Layers = 10;
    private const int LayerLength = 100_000;
    private const string Repository = "team/app";

    // Two scans are enough: one that condemns, and one that removes.
    private const int MaxPasses = 5;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public async Task<string[]> TellAsync()
    {
        string peerData = Path.Combine(folder, "peer");
        string ownData = Path.Combine(folder, "own");
        (string configuration, int port) = await WriteConfigurationAsync(peerData);
        using Process peer = await StartPeerAsync(configuration, port);
        try
        {
            await FillAsync(new Uri($"http://127.0.0.1:{port}"));
        }
        finally
        {
            peer.Kill();
            await peer.WaitForExitAsync();
        }

        long peerBefore = BytesIn(peerData);
        long started = Stopwatch.GetTimestamp();
        using (Process collect = Process.Start(new ProcessStartInfo("docker-registry", ["garbage-collect", configuration]) { RedirectStandardOutput = true, RedirectStandardError = true })!)
        {
            Task<string> errors = collect.StandardError.ReadToEndAsync();
            await collect.StandardOutput.ReadToEndAsync();
            await errors;
            await collect.WaitForExitAsync();
            if (collect.ExitCode != 0)
            {
                throw new InvalidOperationException(await errors);
            }
        }

        TimeSpan peerTook = Stopwatch.GetElapsedTime(started);
        string peerRow = Row("`docker-registry garbage-collect`, the registry stopped", peerTook, peerBefore - BytesIn(peerData));

        await using WebApplication host = await StartOwnAsync(ownData);
        await FillAsync(new Uri(host.Urls.First()));
        long ownBefore = BytesIn(ownData);
        ContentRoot root = host.Services.GetRequiredKeyedService<ContentRoots>("").Find("")!;
        var collector = new Collector(root, new CollectionOptions { OperationsPerSecond = null }, new FeedPolicy(host.Services.GetRequiredKeyedService<FeedDirectory>("")));
        TimeSpan took = TimeSpan.Zero;
        int passes = 0;
        for (long removed = 0; removed < (images / 2 * (Layers + 1)); passes++)
        {
            if (passes == MaxPasses)
            {
                throw new InvalidOperationException($"After {passes} scans {removed} blobs are gone.");
            }

            // What was pushed or condemned just now is waited for; that is no work.
            await Task.Delay(Grace + Grace, TimeProvider.System);
            started = Stopwatch.GetTimestamp();
            removed += (await collector.ScanAsync(dryRun: false, notSince: null, CancellationToken.None)).Counts.BlobsRemoved;
            took += Stopwatch.GetElapsedTime(started);
        }

        return [peerRow, Row($"our collector, {passes} scans of the whole store, while the registry serves", took, ownBefore - BytesIn(ownData))];
    }

    private string Row(string name, TimeSpan took, long freed) =>
        string.Create(CultureInfo.InvariantCulture, $"| {name} | {images} images, {images / 2} deleted | {took.TotalSeconds:0.00} s | {freed / 1e6:N1} MB |");

    private async Task FillAsync(Uri address)
    {
        using var client = new HttpClient { BaseAddress = address };
        var random = new Random(1);
        var digests = new List<string>();
        for (int image = 0; image < images; image++)
        {
            var blobs = new List<(string Digest, int Length)>();
            for (int layer = 0; layer <= Layers; layer++)
            {
                byte[] content = new byte[layer == 0 ? 1_000 : LayerLength];
                random.NextBytes(content);
                blobs.Add((await PushBlobAsync(client, content), content.Length));
            }

            string[] descriptors = [.. blobs.Select(static (blob, i) => $$"""{"mediaType":"application/vnd.oci.image.{{(i == 0 ? "config.v1+json" : "layer.v1.tar")}}","digest":"{{blob.Digest}}","size":{{blob.Length}}}""")];
            byte[] manifest = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{descriptors[0]}},"layers":[{{string.Join(',', descriptors[1..])}}]}""");
            using var body = new ByteArrayContent(manifest);
            body.Headers.ContentType = new MediaTypeHeaderValue("application/vnd.oci.image.manifest.v1+json");
            using HttpResponseMessage put = await client.PutAsync(new Uri($"/v2/{Repository}/manifests/v{image}", UriKind.Relative), body);
            put.EnsureSuccessStatusCode();
            digests.Add($"sha256:{Convert.ToHexStringLower(SHA256.HashData(manifest))}");
        }

        foreach (string digest in digests.Where(static (_, i) => i % 2 == 0))
        {
            using HttpResponseMessage deleted = await client.DeleteAsync(new Uri($"/v2/{Repository}/manifests/{digest}", UriKind.Relative));
            deleted.EnsureSuccessStatusCode();
        }
    }

    private static async Task<string> PushBlobAsync(HttpClient client, byte[] content)
    {
        string digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
        using HttpResponseMessage begun = await client.PostAsync(new Uri($"/v2/{Repository}/blobs/uploads/", UriKind.Relative), null);
        begun.EnsureSuccessStatusCode();
        Uri location = new(client.BaseAddress!, begun.Headers.Location!);
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using HttpResponseMessage put = await client.PutAsync(new Uri($"{location}{(location.Query.Length > 0 ? '&' : '?')}digest={digest}"), body);
        put.EnsureSuccessStatusCode();
        return digest;
    }

    private static async Task<WebApplication> StartOwnAsync(string data)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDockerRegistry(static options =>
        {
            options.Content.GracePeriod = Grace;
            options.Maintenance.CollectionSchedule = Registry.Maintenance.Jobs.JobSchedule.Off;
            options.Maintenance.ReleasedInterval = null;
        }).AddFileSystemStorage(data).AllowAnonymous();
        WebApplication app = builder.Build();
        app.MapDockerRegistry();
        await app.StartAsync();
        return app;
    }

    private static async Task<Process> StartPeerAsync(string configuration, int port)
    {
        Process server = Process.Start(new ProcessStartInfo("docker-registry", ["serve", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        using var client = new HttpClient();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                (await client.GetAsync(new Uri($"http://127.0.0.1:{port}/v2/"))).Dispose();
                return server;
            }
            catch (HttpRequestException) when (attempt < 200)
            {
                await Task.Delay(50);
            }
        }
    }

    private static async Task<(string File, int Port)> WriteConfigurationAsync(string data)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        int port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        string file = Path.Combine(Directory.CreateDirectory(data).FullName, "..", "peer.yml");
        await File.WriteAllTextAsync(file, $"""
            version: 0.1
            log:
              level: error
              accesslog:
                disabled: true
            storage:
              filesystem:
                rootdirectory: {data}
              delete:
                enabled: true
            http:
              addr: 127.0.0.1:{port}

            """);
        return (file, port);
    }

    private static long BytesIn(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);
}
