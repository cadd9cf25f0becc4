using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

public sealed class BuildahTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_container_is_committed_and_pushed_and_serves_as_a_base()
    {
        var buildah = await SharedAsync();
        var skopeo = await SkopeoClient.SharedAsync(run);
        var repository = run.NewRepository("buildah");
        var reference = $"{run.Registry.Name}/{repository}";
        var recipe = ImageRecipe.Create();
        var context = buildah.Shell.NewDirectory("context");
        recipe.WriteBuildContext(context);
        await buildah.RunAsync(["build", "--quiet", "--tag", $"{reference}:base", context], Cancelled);
        await buildah.RunAsync(["push", "--quiet", $"{reference}:base"], Cancelled);
        await buildah.RunAsync(["rmi", "--force", $"{reference}:base"], Cancelled);

        var container = (await buildah.RunAsync(["from", "--pull-always", $"{reference}:base"], Cancelled)).Output.Trim();
        var added = Path.Combine(context, "added");
        await File.WriteAllTextAsync(added, "on top", Cancelled);
        await buildah.RunAsync(["copy", container, added, "/data/added"], Cancelled);
        await buildah.RunAsync(["commit", "--quiet", "--rm", container, $"{reference}:top"], Cancelled);
        await buildah.RunAsync(["push", "--quiet", $"{reference}:top"], Cancelled);

        var content = await skopeo.PullAsync($"{reference}:top", "amd64", Cancelled);
        Assert.Equal(recipe.Files.Count + 1, content.Files.Count);
        Assert.All(recipe.Files, file => Assert.Equal(file.Value, content.Files[file.Key]));
        Assert.Contains("data/added", content.Files);
    }

    [Fact]
    public async Task An_index_of_two_architectures_is_pushed_and_pulled()
    {
        var buildah = await SharedAsync();
        var skopeo = await SkopeoClient.SharedAsync(run);
        var repository = run.NewRepository("buildah");
        var reference = $"{run.Registry.Name}/{repository}:multi";
        ImageRecipe[] recipes = [ImageRecipe.Create(), ImageRecipe.Create("arm64")];
        foreach (var recipe in recipes)
        {
            var context = buildah.Shell.NewDirectory("context");
            recipe.WriteBuildContext(context);
            await buildah.RunAsync(["build", "--quiet", "--platform", $"linux/{recipe.Architecture}", "--manifest", reference, context], Cancelled);
        }

        await buildah.RunAsync(["manifest", "push", "--quiet", "--all", "--tls-verify=false", reference, $"docker://{reference}"], Cancelled);

        await run.Registry.Http.PullWholeAsync(repository, "multi", Cancelled);
        foreach (var recipe in recipes)
        {
            var content = await skopeo.PullAsync(reference, recipe.Architecture, Cancelled);
            Assert.Equal(recipe.Files, content.Files);
        }
    }

    private Task<ContainersShell> SharedAsync() =>
        run.SharedAsync("buildah", () => Task.FromResult(ContainersShell.Create(run, "buildah")));
}
