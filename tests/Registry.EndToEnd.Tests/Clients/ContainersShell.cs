using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>
/// What podman, buildah and skopeo have in common: settings by files that environment variables name, and one cache in
/// /var/lib/containers that no setting moves. They run with a folder of the tests mounted there, in a mount namespace of
/// their own, so that they neither read nor leave anything outside of it.
/// </summary>
public sealed class ContainersShell : IAsyncDisposable
{
    private readonly string _program;
    private readonly string _unshare;
    private readonly RegistryAccess _access;

    private ContainersShell(ClientShell shell, string program, string unshare, RegistryAccess access)
    {
        Shell = shell;
        _program = program;
        _unshare = unshare;
        _access = access;
    }

    public ClientShell Shell { get; }

    /// <summary>For the registry that most tests share.</summary>
    public static ContainersShell Create(TestRun run, string tool) => Create(run, tool, new RegistryAccess(run.Registry.Name));

    public static ContainersShell Create(TestRun run, string tool, RegistryAccess access)
    {
        Tool.RequireRoot();
        var program = Tool.Require(tool);
        var unshare = Tool.Require("unshare");
        var shell = run.NewShell(tool, access.Network);
        if (access is { Network: { } network, AuthorityFile: { } authority })
        {
            network.Trust(access.Name, authority);
        }

        var directory = shell.DirectoryPath;
        Directory.CreateDirectory(Path.Combine(directory, "lib"));
        Set("CONTAINERS_CONF", "containers.conf", $"""
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            lock_type = "file"
            tmp_dir = "{directory}/libpod-tmp"
            static_dir = "{directory}/libpod"
            volume_path = "{directory}/volumes"
            [containers]
            netns = "none"
            [network]
            network_config_dir = "{directory}/networks"

            """);
        Set("CONTAINERS_STORAGE_CONF", "storage.conf", $"""
            [storage]
            driver = "vfs"
            graphroot = "{directory}/storage"
            runroot = "{directory}/storage-run"

            """);
        Set("CONTAINERS_REGISTRIES_CONF", "registries.conf", $"""
            unqualified-search-registries = []
            [[registry]]
            location = "{access.Name}"
            insecure = {(access.Tls ? "false" : "true")}

            """);
        Set("REGISTRY_AUTH_FILE", "auth.json", "{}");
        shell.Environment["BUILDAH_ISOLATION"] = "chroot";
        return new ContainersShell(shell, program, unshare, access);

        void Set(string variable, string file, string content)
        {
            var path = Path.Combine(directory, file);
            File.WriteAllText(path, content);
            shell.Environment[variable] = path;
        }
    }

    /// <summary>Runs the tool with these arguments; it must succeed.</summary>
    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.RunAsync(_unshare, Wrap(arguments), cancellationToken);

    /// <summary>Runs the tool with these arguments; it may fail.</summary>
    public Task<CommandResult> TryRunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.TryRunAsync(_unshare, Wrap(arguments), cancellationToken);

    /// <summary>Logs in: podman, buildah and skopeo have the same command, and keep it in the file that <c>REGISTRY_AUTH_FILE</c> names.</summary>
    public Task LogInAsync(Login login, CancellationToken cancellationToken) => RunAsync(
        ["login", "--username", login.UserName, "--password", login.Password, $"--tls-verify={(_access.Tls ? "true" : "false")}", _access.Name], cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IReadOnlyList<string> Wrap(IReadOnlyList<string> arguments) =>
    [
        "--mount", "/bin/sh", "-c",
        "mkdir -p /var/lib/containers && mount --bind \"$0/lib\" /var/lib/containers && exec \"$@\"",
        Shell.DirectoryPath, _program, .. arguments,
    ];
}
