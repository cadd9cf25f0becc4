using Registry.TestServers.Networks;
using Registry.TestServers.Processes;

namespace Registry.TestServers.Proxies;

/// <summary>nginx in the foreground, with everything that it writes in one folder.</summary>
public sealed class NginxServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private readonly Daemon daemon;

    private NginxServer(Daemon daemon) => this.daemon = daemon;

    /// <summary>Starts it, and returns when it listens.</summary>
    /// <param name="program">The path of <c>nginx</c>.</param>
    /// <param name="servers">Its <c>server</c> blocks.</param>
    /// <param name="folder">An empty folder for its log, temporary files and pid. The caller removes it.</param>
    /// <param name="network">The network that it listens in; null for the machine's, where servers listen on 127.0.0.1.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="CommandFailedException">It did not start; the message has what it said and its configuration.</exception>
    public static async Task<NginxServer> StartAsync(string program, string servers, string folder, PrivateNetwork? network, CancellationToken cancellationToken)
    {
        string configuration = Path.Combine(folder, "nginx.conf");
        string pid = Path.Combine(folder, "nginx.pid");
        // Its workers are root as well: they open sockets and password files below folders of root's.
        string text = $$"""
            daemon off;
            user root;
            worker_processes 1;
            pid {{pid}};
            error_log stderr notice;
            events { worker_connections 256; }
            http {
                access_log {{folder}}/access.log;
                client_body_temp_path {{folder}}/client-body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
            {{servers}}
            }

            """;
        await File.WriteAllTextAsync(configuration, text, cancellationToken);
        // "-e": otherwise it opens a log below /var/log before it has read that there is another.
        IReadOnlyList<string> command = [program, "-p", folder, "-e", "stderr", "-c", configuration];
        if (network is not null)
        {
            command = network.Enter(folder, command[0], [.. command.Skip(1)]);
        }

        Daemon daemon = await Daemon.StartAsync(
            "nginx", command[0], [.. command.Skip(1)], ProcessEnvironment.Inherited(), folder, Path.Combine(folder, "nginx.log"), cancellationToken);
        try
        {
            // It writes its pid once it listens.
            await Eventually.HoldsAsync(
                _ => daemon.HasExited
                    ? throw new CommandFailedException($"nginx did not start:\n{daemon.LogTail()}\n--- with\n{text}")
                    : Task.FromResult(File.Exists(pid)),
                StartLimit, () => $"nginx does not listen:\n{daemon.LogTail()}", cancellationToken);
            return new NginxServer(daemon);
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>The end of what it said of itself and of its errors.</summary>
    public string LogTail() => daemon.LogTail();

    public ValueTask DisposeAsync() => daemon.DisposeAsync();
}
