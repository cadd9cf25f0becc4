using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>containerd with its ctr: the pusher and fetcher of Kubernetes, nerdctl and newer Docker engines.</summary>
public sealed class ContainerdClient : ILoginClient
{
    private const int MaxPushes = 3;

    /// <summary>Layers at once, which ctr does not limit by itself. With all of them at once, a manifest can be the first to be sent after a token ended; this version of ctr sends it again without content then, and waits for ever.</summary>
    private const string MaxLayers = "3";

    /// <summary>What the connection between ctr and containerd says; what the registry's says looks otherwise.</summary>
    private const string OwnStoreFault = "rpc error: code = Internal desc = unexpected EOF";

    private readonly ContainerdDaemon _daemon;
    private readonly RegistryAccess _access;
    private readonly string _ctr;
    private readonly string _hosts;
    private Login? _login;

    private ContainerdClient(ContainerdDaemon daemon, ClientShell shell, RegistryAccess access, string ctr)
    {
        _daemon = daemon;
        _access = access;
        _ctr = ctr;
        Shell = shell;
        _hosts = shell.NewPath("hosts");
    }

    public ClientShell Shell { get; }

    public static Task<ContainerdClient> SharedAsync(TestRun run) => run.SharedAsync("containerd", () => StartAsync(run, new RegistryAccess(run.Registry.Name)));

    /// <summary>One with a containerd of its own.</summary>
    public static async Task<ContainerdClient> StartAsync(TestRun run, RegistryAccess access)
    {
        Tool.RequireRoot();
        var containerd = Tool.Require("containerd");
        var ctr = Tool.Require("ctr");
        var shell = run.NewShell("containerd", access.Network);
        var daemon = await ContainerdDaemon.StartAsync(containerd, shell.DirectoryPath, access.Network, CancellationToken.None);
        var client = new ContainerdClient(daemon, shell, access, ctr);
        if (access.AuthorityFile is { } authority)
        {
            client.SetHosts(access.Name, $"""
                server = "https://{access.Name}"

                [host."https://{access.Name}"]
                  ca = "{authority}"

                """);
        }

        return client;
    }

    /// <summary>Each of its commands names the user and password: ctr keeps neither.</summary>
    public Task LogInAsync(Login login, CancellationToken cancellationToken)
    {
        _login = login;
        return Task.CompletedTask;
    }

    /// <summary>Writes the <c>hosts.toml</c> of a registry: where its images are to be had from, and how.</summary>
    public void SetHosts(string registry, string hosts) =>
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_hosts, registry)).FullName, "hosts.toml"), hosts);

    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.RunAsync(_ctr, ToOwnDaemon(arguments), cancellationToken);

    public async Task<PushedImage> PushAsync(string repository, string tag, IReadOnlyList<ImageRecipe> recipes, CancellationToken cancellationToken)
    {
        var name = $"{_access.Name}/{repository}";
        var layout = Shell.NewDirectory("layout");
        var digest = OciLayout.Write(layout, tag, recipes);
        var archive = layout + ".tar";
        await System.Formats.Tar.TarFile.CreateFromDirectoryAsync(layout, archive, includeBaseDirectory: false, cancellationToken);
        await RunAsync(["images", "import", "--all-platforms", "--no-unpack", "--base-name", name, archive], cancellationToken);
        await PushImportedAsync($"{name}:{tag}", cancellationToken);
        return new PushedImage($"{name}:{tag}", repository, digest, recipes.ToDictionary(recipe => recipe.Architecture, recipe => recipe.Files));
    }

    public async Task<ImageContent> PullAsync(string reference, string architecture, CancellationToken cancellationToken)
    {
        await RunAsync(["images", "rm", "--sync", reference], cancellationToken);
        await RunAsync(["images", "pull", .. Transport(), "--snapshotter", "native", "--platform", $"linux/{architecture}", reference], cancellationToken);
        var archive = Shell.NewPath("exported");
        await RunAsync(["images", "export", "--platform", $"linux/{architecture}", archive, reference], cancellationToken);
        return await ImageReader.ReadArchiveAsync(archive, archive + ".d", architecture, cancellationToken);
    }

    // On a busy machine ctr now and then fails to read from its own containerd (containerd issue 5734), and breaks off all of its requests: the registry sees a client that hangs up.
    private async Task PushImportedAsync(string reference, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var result = await Shell.TryRunAsync(_ctr, ToOwnDaemon(["images", "push", "--max-concurrent-uploaded-layers", MaxLayers, .. Transport(), reference]), cancellationToken);
            if (attempt == MaxPushes || !result.Errors.Contains(OwnStoreFault, StringComparison.Ordinal))
            {
                Shell.ThrowIfFailed(result);
                return;
            }
        }
    }

    private IEnumerable<string> Transport() =>
    [
        .. Directory.Exists(_hosts) ? ["--hosts-dir", _hosts] : Array.Empty<string>(),
        .. _access.Tls ? Array.Empty<string>() : ["--plain-http"],
        .. _login is null ? Array.Empty<string>() : ["--user", $"{_login.UserName}:{_login.Password}"],
    ];

    private string[] ToOwnDaemon(IReadOnlyList<string> arguments) => ["--address", _daemon.Address, "--namespace", "e2e", .. arguments];

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();
}
