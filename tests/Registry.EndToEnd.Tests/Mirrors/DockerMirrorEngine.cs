using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Mirrors;

/// <summary>A Docker engine that looks for images of docker.io in a mirror.</summary>
internal sealed class DockerMirrorEngine : IAsyncDisposable
{
    /// <summary>Debian 12's.</summary>
    public const string Older = "20.10";

    /// <summary>The newer one, with images in its graph driver.</summary>
    public const string Newer = "newer";

    /// <summary>The newer one, with images in containerd.</summary>
    public const string NewerOnContainerd = "newer on containerd";

    private readonly DockerDaemon _engine;
    private readonly ClientShell _shell;
    private readonly string _docker;

    private DockerMirrorEngine(DockerDaemon engine, ClientShell shell, string docker)
    {
        _engine = engine;
        _shell = shell;
        _docker = docker;
    }

    public static async Task<DockerMirrorEngine> StartAsync(TestRun run, string kind, Uri mirror, CancellationToken cancellationToken)
    {
        Tool.RequireRoot();
        Tool.Require("runc");
        var older = kind == Older;
        var shell = run.NewShell("docker-mirror");
        var others = kind == NewerOnContainerd
            ? "\"features\": {\"containerd-snapshotter\": true}"
            : older ? $"\"deprecated-key-path\": \"{shell.DirectoryPath}/key.json\"" : "";
        var engine = await DockerDaemon.StartAsync(
            older ? Tool.Require("dockerd") : Tool.RequireNewer("usr/sbin/dockerd"),
            older ? Tool.Require("containerd") : Tool.RequireNewer("usr/bin/containerd"),
            shell.DirectoryPath,
            MirrorSettings.Docker(mirror, others),
            kind == NewerOnContainerd ? "native" : "vfs",
            null,
            cancellationToken);
        shell.Environment["DOCKER_HOST"] = engine.Host;
        shell.Environment["DOCKER_CONFIG"] = shell.NewDirectory("config");
        var docker = older ? Tool.Require("docker") : Tool.RequireNewer("usr/bin/docker");
        // It listens before it has looked at its mirrors.
        var answered = await shell.TryRunAsync(docker, ["version"], cancellationToken);
        if (answered.ExitCode != 0)
        {
            await engine.DisposeAsync();
            throw new CommandFailedException($"{answered}\n--- the engine's log ends\n{engine.LogTail()}");
        }

        return new DockerMirrorEngine(engine, shell, docker);
    }

    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        _shell.RunAsync(_docker, arguments, cancellationToken);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();
}
