using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>oras: artifacts of any kind, and images by way of OCI layouts.</summary>
public sealed class OrasClient : ILoginClient
{
    private const int MaxPushes = 3;

    /// <summary>How version 1.2 ends when two of its uploads fail at once, each with another kind of error: it says nothing of what the registry answered.</summary>
    private const string OwnPanic = "panic: sync/atomic: compare and swap of inconsistently typed value";

    private readonly RegistryAccess _access;

    private OrasClient(ClientShell shell, RegistryAccess access, string oras)
    {
        Shell = shell;
        _access = access;
        Program = oras;
    }

    public ClientShell Shell { get; }

    public string Program { get; }

    public static Task<OrasClient> SharedAsync(TestRun run) => run.SharedAsync("oras", () => Task.FromResult(Create(run, new RegistryAccess(run.Registry.Name))));

    public static OrasClient Create(TestRun run, RegistryAccess access)
    {
        var oras = Tool.RequireUnpacked("oras");
        return new OrasClient(run.NewShell("oras", access.Network), access, oras);
    }

    public Task LogInAsync(Login login, CancellationToken cancellationToken) =>
        RunAsync(["login", "--username", login.UserName, "--password", login.Password, .. Transport(), _access.Name], cancellationToken);

    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.RunAsync(Program, arguments, cancellationToken);

    /// <summary>Runs oras in a folder, whose files it then names by relative paths.</summary>
    public Task<CommandResult> RunInAsync(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Shell.RunInAsync(directory, Program, arguments, cancellationToken);

    public async Task<PushedImage> PushAsync(string repository, string tag, IReadOnlyList<ImageRecipe> recipes, CancellationToken cancellationToken)
    {
        var reference = $"{_access.Name}/{repository}:{tag}";
        var layout = Shell.NewDirectory("layout");
        var digest = OciLayout.Write(layout, "image", recipes);
        await PushLayoutAsync(layout, reference, cancellationToken);
        return new PushedImage(reference, repository, digest, recipes.ToDictionary(recipe => recipe.Architecture, recipe => recipe.Files));
    }

    public async Task<ImageContent> PullAsync(string reference, string architecture, CancellationToken cancellationToken)
    {
        var layout = Shell.NewPath("pulled");
        var resolved = await RunAsync(["resolve", .. Transport(), reference], cancellationToken);
        await RunAsync(
            ["copy", .. Transport("from-"), "--platform", $"linux/{architecture}", reference, "--to-oci-layout", $"{layout}:pulled"], cancellationToken);
        var content = ImageReader.Read(layout, architecture);
        return content with { Digests = [.. content.Digests, resolved.Output.Trim()] };
    }

    private async Task PushLayoutAsync(string layout, string reference, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await RunAsync(["copy", "--from-oci-layout", $"{layout}:image", .. Transport("to-"), reference], cancellationToken);
                return;
            }
            catch (CommandFailedException e) when (attempt < MaxPushes && e.Message.Contains(OwnPanic, StringComparison.Ordinal))
            {
                // Pushed again: what counts is what the registry says.
            }
        }
    }

    private IEnumerable<string> Transport(string direction = "") => _access switch
    {
        { Tls: false } => [$"--{direction}plain-http"],
        { AuthorityFile: { } authority } => [$"--{direction}ca-file", authority],
        _ => [],
    };

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
