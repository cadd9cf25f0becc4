using System.Diagnostics;
using Registry.Bench.Http;

namespace Registry.Bench.Servers;

/// <summary>Our own registry: the published sample host, that of folders or that of buckets.</summary>
internal sealed class SubjectServer(string program) : IServer
{
    public string Name => Path.GetFileName(program);

    public string Description =>
        $"{Name} {FileVersionInfo.GetVersionInfo(program + ".dll").ProductVersion} on .NET {Environment.Version}";

    public string Durability => "in a folder it flushes each file, then its directory, before it answers";

    public Task<RunningServer> StartAsync(Setup setup, CancellationToken cancellationToken)
    {
        var port = ServerProcess.FreePort();
        var process = ServerProcess.Start(
            program,
            ["--urls", $"http://127.0.0.1:{port}"],
            Path.Combine(setup.Folder, "log"),
            environment =>
            {
                if (setup.Bucket is { } bucket)
                {
                    environment["S3__Bucket"] = bucket.Name;
                    environment["S3__ServiceUrl"] = bucket.Address.AbsoluteUri;
                    environment["S3__ForcePathStyle"] = "true";
                    environment["S3__Region"] = "us-east-1";
                    environment["AWS_ACCESS_KEY_ID"] = bucket.AccessKey;
                    environment["AWS_SECRET_ACCESS_KEY"] = bucket.SecretKey;
                    environment["Registry__BlobRedirects__Enabled"] = setup.Redirects ? "true" : "false";
                }
                else
                {
                    environment["Registry__Data"] = Path.Combine(setup.Folder, "registry");
                }

                environment["Logging__LogLevel__Default"] = "Warning";
                environment["ASPNETCORE_ENVIRONMENT"] = "Production";
            });
        return RunningServer.WaitForAsync(process, ServerEndpoint.Loopback(port), setup, cancellationToken);
    }
}
