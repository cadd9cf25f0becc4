using System.Net.Sockets;
using Registry.TestServers.Networks;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>A containerd of the tests' own, with all of its state in one folder.</summary>
public sealed class ContainerdDaemon : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeLimit = TimeSpan.FromSeconds(30);

    private readonly Daemon _daemon;

    private ContainerdDaemon(Daemon daemon, string address)
    {
        _daemon = daemon;
        Address = address;
    }

    /// <summary>The path of its socket.</summary>
    public string Address { get; }

    public static async Task<ContainerdDaemon> StartAsync(string program, string directory, PrivateNetwork? network, CancellationToken cancellationToken)
    {
        var address = Path.Combine(directory, "c.sock");
        var configuration = Path.Combine(directory, "containerd.toml");
        // Without CRI it needs no network set-up and touches nothing outside of its folder.
        await File.WriteAllTextAsync(
            configuration,
            $"""
            version = 2
            root = "{directory}/containerd-root"
            state = "{directory}/containerd-state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "{address}"
            [plugins."io.containerd.internal.v1.opt"]
              path = "{directory}/containerd-opt"

            """,
            cancellationToken);
        var environment = ProcessEnvironment.ForClient(directory);
        // The shims that it starts are beside it.
        environment["PATH"] = $"{Path.GetDirectoryName(program)}:{environment["PATH"]}";
        IReadOnlyList<string> command = [program, "--config", configuration];
        command = network?.Enter(directory, command[0], [.. command.Skip(1)]) ?? command;
        var daemon = await Daemon.StartAsync(
            "containerd", command[0], [.. command.Skip(1)], environment, directory, Path.Combine(directory, "containerd.log"), cancellationToken);
        await UnixSocket.ListensAsync(address, daemon, StartTimeLimit, cancellationToken);
        return new ContainerdDaemon(daemon, address);
    }

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();
}

/// <summary>
/// A Docker engine of the tests' own: dockerd on its own containerd, with neither network nor firewall rules, so that it
/// leaves the machine as it was.
/// </summary>
public sealed class DockerDaemon : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeLimit = TimeSpan.FromSeconds(30);

    private readonly ContainerdDaemon _containerd;
    private readonly Daemon _dockerd;

    private DockerDaemon(ContainerdDaemon containerd, Daemon dockerd, string host)
    {
        _containerd = containerd;
        _dockerd = dockerd;
        Host = host;
    }

    /// <summary>The value of <c>DOCKER_HOST</c>.</summary>
    public string Host { get; }

    public static async Task<DockerDaemon> StartAsync(
        string dockerd, string containerdProgram, string directory, string configuration, string storageDriver, PrivateNetwork? network, CancellationToken cancellationToken)
    {
        var containerd = await ContainerdDaemon.StartAsync(containerdProgram, directory, network, cancellationToken);
        try
        {
            var socket = Path.Combine(directory, "d.sock");
            var configurationFile = Path.Combine(directory, "daemon.json");
            await File.WriteAllTextAsync(configurationFile, configuration, cancellationToken);
            IReadOnlyList<string> command =
            [
                dockerd,
                "--config-file", configurationFile,
                "--data-root", Path.Combine(directory, "docker"),
                "--exec-root", Path.Combine(directory, "exec"),
                "--pidfile", Path.Combine(directory, "dockerd.pid"),
                "--host", $"unix://{socket}",
                "--containerd", containerd.Address,
                "--storage-driver", storageDriver,
                "--iptables=false", "--ip6tables=false", "--bridge=none",
            ];
            command = network?.Enter(directory, command[0], [.. command.Skip(1)]) ?? command;
            var daemon = await Daemon.StartAsync(
                "dockerd",
                command[0],
                [.. command.Skip(1)],
                ProcessEnvironment.ForClient(directory),
                directory,
                Path.Combine(directory, "dockerd.log"),
                cancellationToken);
            await UnixSocket.ListensAsync(socket, daemon, StartTimeLimit, cancellationToken);
            return new DockerDaemon(containerd, daemon, $"unix://{socket}");
        }
        catch
        {
            await containerd.DisposeAsync();
            throw;
        }
    }

    /// <summary>The end of its log.</summary>
    public string LogTail() => _dockerd.LogTail();

    public async ValueTask DisposeAsync()
    {
        await _dockerd.DisposeAsync();
        await _containerd.DisposeAsync();
    }
}

internal static class UnixSocket
{
    public static Task ListensAsync(string path, Daemon daemon, TimeSpan bound, CancellationToken cancellationToken) =>
        Eventually.HoldsAsync(
            async token =>
            {
                if (daemon.HasExited)
                {
                    throw new CommandFailedException($"{daemon.Name} ended instead of listening on {path}:\n{daemon.LogTail()}");
                }

                if (!File.Exists(path))
                {
                    return false;
                }

                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            bound,
            () => $"{daemon.Name} does not listen on {path}\n{daemon.LogTail()}",
            cancellationToken);
}
