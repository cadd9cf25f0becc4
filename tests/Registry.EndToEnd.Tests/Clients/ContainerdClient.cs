using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>containerd with its ctr: the pusher and fetcher of Kubernetes, nerdctl and newer Docker engines.</summary>
public sealed class ContainerdClient : IImageClient
{
    private const int MaxPushes = 3;

    /// <summary>What the connection between ctr and containerd says; what the registry's says looks otherwise.</summary>
    private const string OwnStoreFault = "rpc error: code = Internal desc = unexpected EOF";

    private readonly ContainerdDaemon _daemon;
    private readonly string _registry;
    private readonly string _ctr;

    private ContainerdClient(ContainerdDaemon daemon, ClientShell shell, string registry, string ctr)
    {
        _daemon = daemon;
        _registry = registry;
        _ctr = ctr;
        Shell = shell;
    }

    public ClientShell Shell { get; }

    public static Task<ContainerdClient> SharedAsync(TestRun run) => run.SharedAsync("containerd", async () =>
    {
        Tool.RequireRoot();
        var containerd = Tool.Require("containerd");
        var ctr = Tool.Require("ctr");
        var shell = run.NewShell("containerd");
        var daemon = await ContainerdDaemon.StartAsync(containerd, shell.DirectoryPath, CancellationToken.None);
        return new ContainerdClient(daemon, shell, run.Registry.Name, ctr);
    });

    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.RunAsync(_ctr, ToOwnDaemon(arguments), cancellationToken);

    public async Task<PushedImage> PushAsync(string repository, string tag, IReadOnlyList<ImageRecipe> recipes, CancellationToken cancellationToken)
    {
        var name = $"{_registry}/{repository}";
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
        await RunAsync(["images", "pull", "--plain-http", "--snapshotter", "native", "--platform", $"linux/{architecture}", reference], cancellationToken);
        var archive = Shell.NewPath("exported");
        await RunAsync(["images", "export", "--platform", $"linux/{architecture}", archive, reference], cancellationToken);
        return await ImageReader.ReadArchiveAsync(archive, archive + ".d", architecture, cancellationToken);
    }

    // On a busy machine ctr now and then fails to read from its own containerd (containerd issue 5734), and breaks off all of its requests: the registry sees a client that hangs up.
    private async Task PushImportedAsync(string reference, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var result = await Shell.TryRunAsync(_ctr, ToOwnDaemon(["images", "push", "--plain-http", reference]), cancellationToken);
            if (attempt == MaxPushes || !result.Errors.Contains(OwnStoreFault, StringComparison.Ordinal))
            {
                Shell.ThrowIfFailed(result);
                return;
            }
        }
    }

    private string[] ToOwnDaemon(IReadOnlyList<string> arguments) => ["--address", _daemon.Address, "--namespace", "e2e", .. arguments];

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();
}
