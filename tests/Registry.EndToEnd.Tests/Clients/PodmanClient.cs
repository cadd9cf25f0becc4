using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>podman, which has no daemon.</summary>
public sealed class PodmanClient : ILoginClient
{
    private readonly RegistryAccess _access;

    private PodmanClient(ContainersShell podman, RegistryAccess access)
    {
        Podman = podman;
        _access = access;
    }

    public ContainersShell Podman { get; }

    public static Task<PodmanClient> SharedAsync(TestRun run) =>
        run.SharedAsync("podman", () => Task.FromResult(Create(run, new RegistryAccess(run.Registry.Name))));

    public static PodmanClient Create(TestRun run, RegistryAccess access) => new(ContainersShell.Create(run, "podman", access), access);

    public Task LogInAsync(Login login, CancellationToken cancellationToken) => Podman.LogInAsync(login, cancellationToken);

    public async Task<PushedImage> PushAsync(string repository, string tag, IReadOnlyList<ImageRecipe> recipes, CancellationToken cancellationToken)
    {
        var reference = $"{_access.Name}/{repository}:{tag}";
        var digestFile = Podman.Shell.NewPath("digest");
        if (recipes.Count == 1)
        {
            await BuildAsync(recipes[0], reference, cancellationToken);
            await Podman.RunAsync(["push", "--digestfile", digestFile, reference], cancellationToken);
        }
        else
        {
            await Podman.RunAsync(["manifest", "create", reference], cancellationToken);
            foreach (var recipe in recipes)
            {
                var part = $"localhost/{repository}:{tag}-{recipe.Architecture}";
                await BuildAsync(recipe, part, cancellationToken);
                await Podman.RunAsync(["manifest", "add", reference, $"containers-storage:{part}"], cancellationToken);
            }

            await Podman.RunAsync(["manifest", "push", "--all", "--digestfile", digestFile, reference, $"docker://{reference}"], cancellationToken);
            await Podman.RunAsync(["manifest", "rm", reference], cancellationToken);
        }

        var digest = (await File.ReadAllTextAsync(digestFile, cancellationToken)).Trim();
        return new PushedImage(reference, repository, digest, recipes.ToDictionary(recipe => recipe.Architecture, recipe => recipe.Files));
    }

    public async Task BuildAsync(ImageRecipe recipe, string reference, CancellationToken cancellationToken)
    {
        var context = Podman.Shell.NewDirectory("context");
        recipe.WriteBuildContext(context);
        await Podman.RunAsync(["build", "--quiet", "--platform", $"linux/{recipe.Architecture}", "--tag", reference, context], cancellationToken);
    }

    public async Task<ImageContent> PullAsync(string reference, string architecture, CancellationToken cancellationToken)
    {
        await ForgetAsync(reference, cancellationToken);
        await Podman.RunAsync(["pull", "--quiet", "--platform", $"linux/{architecture}", reference], cancellationToken);
        var archive = Podman.Shell.NewPath("saved");
        await Podman.RunAsync(["save", "--quiet", "--format", "docker-archive", "--output", archive, reference], cancellationToken);
        var content = await ImageReader.ReadArchiveAsync(archive, archive + ".d", architecture, cancellationToken);
        var digests = await Podman.RunAsync(["image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", reference], cancellationToken);
        return content with
        {
            Digests = [.. digests.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(name => name[(name.IndexOf('@', StringComparison.Ordinal) + 1)..])],
        };
    }

    /// <summary>Removes the image, whatever else it is tagged as.</summary>
    public async Task ForgetAsync(string reference, CancellationToken cancellationToken)
    {
        var found = await Podman.TryRunAsync(["image", "inspect", "--format", "{{.Id}}", reference], cancellationToken);
        if (found.ExitCode == 0)
        {
            await Podman.RunAsync(["rmi", "--force", found.Output.Trim()], cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => Podman.DisposeAsync();
}
