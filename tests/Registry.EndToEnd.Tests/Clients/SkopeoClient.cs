using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>skopeo: copies images between registries and folders.</summary>
public sealed class SkopeoClient : IRegistryClient, ILoginClient
{
    private readonly RegistryAccess _access;
    private readonly string _tlsVerify;

    private SkopeoClient(ContainersShell skopeo, RegistryAccess access)
    {
        Skopeo = skopeo;
        _access = access;
        _tlsVerify = access.Tls ? "true" : "false";
    }

    public ContainersShell Skopeo { get; }

    public static Task<SkopeoClient> SharedAsync(TestRun run) =>
        run.SharedAsync("skopeo", () => Task.FromResult(Create(run, new RegistryAccess(run.Registry.Name))));

    public static SkopeoClient Create(TestRun run, RegistryAccess access) => new(ContainersShell.Create(run, "skopeo", access), access);

    public SkopeoClient At(string registry) => new(Skopeo, _access with { Name = registry });

    public Task LogInAsync(Login login, CancellationToken cancellationToken) => Skopeo.LogInAsync(login, cancellationToken);

    IImageClient IRegistryClient.At(string registry) => At(registry);

    /// <summary>Runs skopeo; it must succeed.</summary>
    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Skopeo.RunAsync(arguments, cancellationToken);

    public async Task<PushedImage> PushAsync(string repository, string tag, IReadOnlyList<ImageRecipe> recipes, CancellationToken cancellationToken)
    {
        var reference = $"{_access.Name}/{repository}:{tag}";
        var layout = Skopeo.Shell.NewDirectory("layout");
        var digest = OciLayout.Write(layout, "image", recipes);
        await RunAsync(
            ["copy", "--quiet", .. recipes.Count > 1 ? ["--all"] : Array.Empty<string>(), $"--dest-tls-verify={_tlsVerify}", $"oci:{layout}:image", $"docker://{reference}"],
            cancellationToken);
        return new PushedImage(reference, repository, digest, recipes.ToDictionary(recipe => recipe.Architecture, recipe => recipe.Files));
    }

    public async Task<ImageContent> PullAsync(string reference, string architecture, CancellationToken cancellationToken)
    {
        var digestFile = Skopeo.Shell.NewPath("digest");
        // A dir: folder takes any manifest as it is; an OCI layout would have docker's manifests converted.
        var directory = Skopeo.Shell.NewDirectory("pulled");
        await RunAsync(
            ["--override-arch", architecture, "copy", "--quiet", $"--src-tls-verify={_tlsVerify}", "--digestfile", digestFile, $"docker://{reference}", $"dir:{directory}"],
            cancellationToken);
        var inspected = await RunAsync(
            ["inspect", "--override-arch", architecture, $"--tls-verify={_tlsVerify}", "--format", "{{.Digest}}", $"docker://{reference}"], cancellationToken);
        var content = ImageReader.Read(directory, architecture);
        return content with { Digests = [.. content.Digests, inspected.Output.Trim(), await File.ReadAllTextAsync(digestFile, cancellationToken)] };
    }

    /// <summary>Deletes the manifest that a tag or digest names.</summary>
    public Task DeleteAsync(string reference, CancellationToken cancellationToken) =>
        RunAsync(["delete", $"--tls-verify={_tlsVerify}", $"docker://{reference}"], cancellationToken);

    public ValueTask DisposeAsync() => Skopeo.DisposeAsync();
}
