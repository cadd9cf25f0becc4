using System.Text.RegularExpressions;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Networks;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>The docker command line on an engine of its own: Debian 12's, which keeps images in its graph driver.</summary>
public sealed partial class DockerClient : IRegistryClient, ILoginClient
{
    private readonly DockerDaemon _engine;
    private readonly RegistryAccess _access;
    private readonly string _docker;

    private DockerClient(DockerDaemon engine, ClientShell shell, RegistryAccess access, string docker)
    {
        _engine = engine;
        _access = access;
        _docker = docker;
        Shell = shell;
    }

    public ClientShell Shell { get; }

    public static Task<DockerClient> SharedAsync(TestRun run) => run.SharedAsync("docker", () => CreateAsync(run, new RegistryAccess(run.Registry.Name)));

    /// <summary>One with settings (a log-in) of its own. Those in one network share an engine.</summary>
    public static async Task<DockerClient> CreateAsync(TestRun run, RegistryAccess access)
    {
        var docker = Tool.Require("docker");
        var engine = await run.SharedAsync($"docker-engine {access.Network?.Id}", () => StartEngineAsync(run, access.Network));
        if (access is { Network: { } network, AuthorityFile: { } authority })
        {
            network.Trust(access.Name, authority);
        }

        var shell = run.NewShell("docker", access.Network);
        shell.Environment["DOCKER_HOST"] = engine.Host;
        shell.Environment["DOCKER_CONFIG"] = shell.NewDirectory("config");
        shell.Environment["DOCKER_CLI_EXPERIMENTAL"] = "enabled"; // docker manifest
        shell.Environment["DOCKER_BUILDKIT"] = "1"; // builds for other architectures
        return new DockerClient(engine, shell, access, docker);
    }

    private static async Task<DockerDaemon> StartEngineAsync(TestRun run, PrivateNetwork? network)
    {
        Tool.RequireRoot();
        var dockerd = Tool.Require("dockerd");
        var containerd = Tool.Require("containerd");
        var directory = run.Temp.NewDirectory("docker-engine");
        return await DockerDaemon.StartAsync(
            dockerd,
            containerd,
            directory,
            // This engine would otherwise write a key below /etc.
            $$"""{"deprecated-key-path": "{{directory}}/key.json"}""",
            "vfs",
            network,
            CancellationToken.None);
    }

    public DockerClient At(string registry) => new(_engine, Shell, _access with { Name = registry }, _docker);

    public Task LogInAsync(Login login, CancellationToken cancellationToken) =>
        RunAsync(["login", "--username", login.UserName, "--password", login.Password, _access.Name], cancellationToken);

    IImageClient IRegistryClient.At(string registry) => At(registry);

    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.RunAsync(_docker, arguments, cancellationToken);

    public Task<CommandResult> TryRunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.TryRunAsync(_docker, arguments, cancellationToken);

    public async Task<PushedImage> PushAsync(string repository, string tag, IReadOnlyList<ImageRecipe> recipes, CancellationToken cancellationToken)
    {
        var reference = $"{_access.Name}/{repository}:{tag}";
        var files = recipes.ToDictionary(recipe => recipe.Architecture, recipe => recipe.Files);
        if (recipes.Count == 1)
        {
            await BuildAsync(recipes[0], reference, cancellationToken);
            return new PushedImage(reference, repository, await PushAsync(reference, cancellationToken), files);
        }

        var parts = new List<string>();
        foreach (var recipe in recipes)
        {
            var part = $"{reference}-{recipe.Architecture}";
            await BuildAsync(recipe, part, cancellationToken);
            await PushAsync(part, cancellationToken);
            parts.Add(part);
        }

        await RunAsync(["manifest", "create", .. Insecure(), reference, .. parts], cancellationToken);
        var pushed = await RunAsync(["manifest", "push", .. Insecure(), "--purge", reference], cancellationToken);
        return new PushedImage(reference, repository, pushed.Output.Trim(), files);
    }

    public async Task BuildAsync(ImageRecipe recipe, string reference, CancellationToken cancellationToken)
    {
        var context = Shell.NewDirectory("context");
        recipe.WriteBuildContext(context);
        await RunAsync(["build", "--quiet", "--network", "none", "--platform", $"linux/{recipe.Architecture}", "--tag", reference, context], cancellationToken);
    }

    /// <summary>Pushes a local image and returns the digest that docker reports.</summary>
    public async Task<string> PushAsync(string reference, CancellationToken cancellationToken)
    {
        var pushed = await RunAsync(["push", reference], cancellationToken);
        return PushedDigest().Match(pushed.Output) is { Success: true } match
            ? match.Groups[1].Value
            : throw new CommandFailedException($"{pushed}\nno digest in the output");
    }

    public async Task<ImageContent> PullAsync(string reference, string architecture, CancellationToken cancellationToken)
    {
        await ForgetAsync(reference, cancellationToken);
        var pulled = await RunAsync(["pull", "--platform", $"linux/{architecture}", reference], cancellationToken);
        Assert.DoesNotContain("Already exists", pulled.Output, StringComparison.Ordinal);

        var archive = Shell.NewPath("saved");
        await RunAsync(["save", "--output", archive, reference], cancellationToken);
        var content = await ImageReader.ReadArchiveAsync(archive, archive + ".d", architecture, cancellationToken);
        var digests = await RunAsync(["image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", reference], cancellationToken);
        return content with
        {
            Digests = [.. digests.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(name => name[(name.IndexOf('@', StringComparison.Ordinal) + 1)..])],
        };
    }

    /// <summary>Removes the image, whatever else it is tagged as, and what the builder remembers of its layers.</summary>
    public async Task ForgetAsync(string reference, CancellationToken cancellationToken)
    {
        var found = await Shell.TryRunAsync(_docker, ["image", "inspect", "--format", "{{.Id}}", reference], cancellationToken);
        if (found.ExitCode == 0)
        {
            await RunAsync(["image", "rm", "--force", found.Output.Trim()], cancellationToken);
            await RunAsync(["builder", "prune", "--all", "--force"], cancellationToken);
        }
    }

    private IEnumerable<string> Insecure() => _access.Tls ? [] : ["--insecure"];

    /// <summary>The engine stays: others use it too, and it ends with the run.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [GeneratedRegex(@"digest: (sha256:[0-9a-f]{64}) size: \d+")]
    private static partial Regex PushedDigest();
}
