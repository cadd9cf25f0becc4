using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>oras: artifacts of any kind, and images by way of OCI layouts.</summary>
public sealed class OrasClient : IImageClient
{
    private readonly string _registry;

    private OrasClient(ClientShell shell, string registry, string oras)
    {
        Shell = shell;
        _registry = registry;
        Program = oras;
    }

    public ClientShell Shell { get; }

    public string Program { get; }

    public static Task<OrasClient> SharedAsync(TestRun run) => run.SharedAsync("oras", () =>
    {
        var oras = Tool.RequireUnpacked("oras");
        return Task.FromResult(new OrasClient(run.NewShell("oras"), run.Registry.Name, oras));
    });

    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.RunAsync(Program, arguments, cancellationToken);

    /// <summary>Runs oras in a folder, whose files it then names by relative paths.</summary>
    public Task<CommandResult> RunInAsync(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.RunInAsync(directory, Program, arguments, cancellationToken);

    public async Task<PushedImage> PushAsync(string repository, string tag, IReadOnlyList<ImageRecipe> recipes, CancellationToken cancellationToken)
    {
        var reference = $"{_registry}/{repository}:{tag}";
        var layout = Shell.NewDirectory("layout");
        var digest = OciLayout.Write(layout, "image", recipes);
        await RunAsync(["copy", "--from-oci-layout", $"{layout}:image", "--to-plain-http", reference], cancellationToken);
        return new PushedImage(reference, repository, digest, recipes.ToDictionary(recipe => recipe.Architecture, recipe => recipe.Files));
    }

    public async Task<ImageContent> PullAsync(string reference, string architecture, CancellationToken cancellationToken)
    {
        var layout = Shell.NewPath("pulled");
        var resolved = await RunAsync(["resolve", "--plain-http", reference], cancellationToken);
        await RunAsync(
            ["copy", "--from-plain-http", "--platform", $"linux/{architecture}", reference, "--to-oci-layout", $"{layout}:pulled"], cancellationToken);
        var content = ImageReader.Read(layout, architecture);
        return content with { Digests = [.. content.Digests, resolved.Output.Trim()] };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
