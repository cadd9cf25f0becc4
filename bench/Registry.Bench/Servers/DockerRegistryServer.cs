using System.Diagnostics;
using Registry.Bench.Http;

namespace Registry.Bench.Servers;

/// <summary>
/// The CNCF registry as Debian packages it: file system storage or its driver for S3 as it comes, deletion on, blob descriptors cached in memory. Its log is turned
/// down to warnings and its access log off, as the subject's is.
/// </summary>
internal sealed class DockerRegistryServer(string program) : IServer
{
    private readonly Lazy<string> description = new(() => ReadVersion(program));

    public string Name => "docker-registry";

    public string Description => description.Value;

    public string Durability => "in a folder 2.8 flushes each file (fsync) when it is committed, and does not flush the directory";

    public async Task<RunningServer> StartAsync(Setup setup, CancellationToken cancellationToken)
    {
        var port = ServerProcess.FreePort();
        var configuration = Path.Combine(setup.Folder, "config.yml");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            version: 0.1
            log:
              level: warn
              accesslog:
                disabled: true
            storage:
              cache:
                blobdescriptor: inmemory
            {StorageOf(setup)}
              delete:
                enabled: true
            http:
              addr: 127.0.0.1:{port}
              secret: benchmark
              headers:
                X-Content-Type-Options: [nosniff]
            health:
              storagedriver:
                enabled: true
                interval: 10s
                threshold: 3

            """,
            cancellationToken);

        var process = ServerProcess.Start(program, ["serve", configuration], Path.Combine(setup.Folder, "log"), RemoveOverrides);
        return await RunningServer.WaitForAsync(process, ServerEndpoint.Loopback(port), setup, cancellationToken);
    }

    private static string StorageOf(Setup setup) => setup.Bucket is not { } bucket
        ? $"""
              filesystem:
                rootdirectory: {Path.Combine(setup.Folder, "registry")}
            """
        : $"""
              s3:
                regionendpoint: {bucket.Address.AbsoluteUri.TrimEnd('/')}
                region: us-east-1
                secure: false
                bucket: {bucket.Name}
                accesskey: {bucket.AccessKey}
                secretkey: {bucket.SecretKey}
              redirect:
                disable: {(setup.Redirects ? "false" : "true")}
            """;

    /// <summary>The registry takes any setting from variables with this name over the file, and its S3 client some from those of AWS.</summary>
    private static void RemoveOverrides(IDictionary<string, string?> environment)
    {
        foreach (var name in environment.Keys.Where(static name => name.StartsWith("REGISTRY_", StringComparison.Ordinal) || name.StartsWith("AWS_", StringComparison.Ordinal)).ToList())
        {
            environment.Remove(name);
        }
    }

    private static string ReadVersion(string program)
    {
        using var process = Process.Start(new ProcessStartInfo(program, "--version") { RedirectStandardOutput = true })
            ?? throw new ServerException($"{program} did not start.");
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return output;
    }
}
