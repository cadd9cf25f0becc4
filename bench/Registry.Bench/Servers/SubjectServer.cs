using System.Diagnostics;
using Registry.Bench.Http;

namespace Registry.Bench.Servers;

/// <summary>Our own registry: the published sample host.</summary>
internal sealed class SubjectServer(string program) : IServer
{
    public string Name => Path.GetFileName(program);

    public string Description =>
        $"{Name} {FileVersionInfo.GetVersionInfo(program + ".dll").ProductVersion} on .NET {Environment.Version}";

    public string Durability => "flushes each file, then its directory, before it answers";

    public Task<RunningServer> StartAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        var port = ServerProcess.FreePort();
        var process = ServerProcess.Start(
            program,
            ["--urls", $"http://127.0.0.1:{port}"],
            Path.Combine(dataDirectory, "log"),
            environment =>
            {
                environment["Registry__Data"] = Path.Combine(dataDirectory, "registry");
                environment["Logging__LogLevel__Default"] = "Warning";
                environment["ASPNETCORE_ENVIRONMENT"] = "Production";
            });
        return RunningServer.WaitForAsync(process, ServerEndpoint.Loopback(port), cancellationToken);
    }
}
