using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

public sealed class DockerTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pulled_image_runs()
    {
        var docker = await DockerClient.SharedAsync(run);
        var recipe = ImageRecipe.Create();
        var pushed = await docker.PushAsync(run.NewRepository("docker"), "run", [recipe], Cancelled);
        await docker.PullAsync(pushed.Reference, "amd64", Cancelled);

        var ran = await docker.RunAsync(["run", "--rm", "--network", "none", pushed.Reference], Cancelled);

        Assert.Equal(recipe.Greeting, ran.Output);
    }

    [Fact]
    public async Task All_tags_of_a_repository_are_pushed_and_pulled_at_once()
    {
        var docker = await DockerClient.SharedAsync(run);
        var repository = run.NewRepository("docker");
        var name = $"{run.Registry.Name}/{repository}";
        await docker.BuildAsync(ImageRecipe.Create(), $"{name}:a", Cancelled);
        await docker.BuildAsync(ImageRecipe.Create(), $"{name}:b", Cancelled);
        await docker.RunAsync(["tag", $"{name}:b", $"{name}:latest"], Cancelled);

        await docker.RunAsync(["push", "--all-tags", name], Cancelled);

        Assert.Equal(["a", "b", "latest"], (await run.Registry.Http.GetTagsAsync(repository, Cancelled)).Order());
        await docker.ForgetAsync($"{name}:a", Cancelled);
        await docker.ForgetAsync($"{name}:b", Cancelled);
        await docker.RunAsync(["pull", "--all-tags", name], Cancelled);
        var local = await docker.RunAsync(["image", "ls", "--format", "{{.Tag}}", name], Cancelled);
        Assert.Equal(["a", "b", "latest"], local.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public async Task Layers_are_mounted_into_a_second_repository()
    {
        var docker = await DockerClient.SharedAsync(run);
        var recipe = ImageRecipe.Create();
        var first = await docker.PushAsync(run.NewRepository("docker"), "1", [recipe], Cancelled);
        var repository = run.NewRepository("docker");
        var second = $"{run.Registry.Name}/{repository}:1";
        await docker.RunAsync(["tag", first.Reference, second], Cancelled);

        var pushed = await docker.RunAsync(["push", second], Cancelled);

        Assert.Equal(recipe.Layers.Count, pushed.Output.Split('\n').Count(line => line.EndsWith($": Mounted from {first.Repository}", StringComparison.Ordinal)));
        await run.Registry.Http.PullWholeAsync(repository, "1", Cancelled);
        var content = await docker.PullAsync(second, "amd64", Cancelled);
        Assert.Equal(recipe.Files, content.Files);
    }

    [Fact]
    public async Task The_manifest_of_a_tag_is_inspected_without_pulling()
    {
        var docker = await DockerClient.SharedAsync(run);
        var pushed = await docker.PushAsync(run.NewRepository("docker"), "multi", [ImageRecipe.Create(), ImageRecipe.Create("arm64")], Cancelled);

        var inspected = await docker.RunAsync(["manifest", "inspect", "--insecure", pushed.Reference], Cancelled);

        Assert.Contains("\"architecture\": \"amd64\"", inspected.Output, StringComparison.Ordinal);
        Assert.Contains("\"architecture\": \"arm64\"", inspected.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pulling_what_is_not_there_says_so()
    {
        var docker = await DockerClient.SharedAsync(run);

        var failed = await docker.TryRunAsync(["pull", $"{run.Registry.Name}/{run.NewRepository("absent")}:1"], Cancelled);

        Assert.NotEqual(0, failed.ExitCode);
        Assert.Contains("not found", failed.Errors, StringComparison.Ordinal);
    }
}
