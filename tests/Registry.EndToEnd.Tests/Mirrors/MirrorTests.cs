using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Mirrors;

/// <summary>Clients that are told to get images of other registries from ours: from its root, or from one of its feeds by an address with the feed's name as the path.</summary>
public sealed class MirrorTests(TestRun run)
{
    private const string Feed = "/main";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>
    /// An engine that keeps images in its graph driver asks a mirror with the path <c>/main</c> for <c>/main/v2/name</c>, and one that keeps them in containerd for
    /// <c>/v2/main/name</c>. Both are in the feed <c>main</c>.
    /// </summary>
    [Theory]
    [InlineData(DockerMirrorEngine.Older, "/")]
    [InlineData(DockerMirrorEngine.Newer, "/")]
    [InlineData(DockerMirrorEngine.NewerOnContainerd, "/")]
    [InlineData(DockerMirrorEngine.Newer, Feed)]
    [InlineData(DockerMirrorEngine.NewerOnContainerd, Feed)]
    public async Task A_docker_engine_gets_images_of_docker_hub_from(string engine, string path)
    {
        var host = await SharedAsync(path);
        var name = run.NewRepository("hub").Replace('/', '-');
        var recipe = ImageRecipe.Create();
        await PushAsync(host, path, $"library/{name}", recipe);
        await using var docker = await DockerMirrorEngine.StartAsync(run, engine, new Uri(host.Url, path), Cancelled);

        await docker.RunAsync(["pull", $"{name}:1"], Cancelled);
        var ran = await docker.RunAsync(["run", "--rm", "--network", "none", $"{name}:1"], Cancelled);

        Assert.Equal(recipe.Greeting, ran.Output);
    }

    [Fact]
    public async Task An_older_docker_engine_refuses_a_mirror_with_a_path()
    {
        var refused = await Assert.ThrowsAsync<CommandFailedException>(async () =>
        {
            await using var docker = await DockerMirrorEngine.StartAsync(run, DockerMirrorEngine.Older, new Uri(run.Registry.Url, Feed), Cancelled);
        });

        Assert.Contains("invalid mirror: path, query, or fragment at end of the URI", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Containerd_gets_images_of_another_registry_from_a_feed()
    {
        const string other = "images.example.com";
        var host = await SharedAsync(Feed);
        var repository = run.NewRepository("mirrored");
        var recipe = ImageRecipe.Create();
        await PushAsync(host, Feed, repository, recipe);
        await using var containerd = await ContainerdClient.StartAsync(run, new RegistryAccess(host.Name) { Tls = true });
        containerd.SetHosts(other, MirrorSettings.Containerd(other, new Uri(host.Url, $"{Feed}/v2")));

        var content = await containerd.PullAsync($"{other}/{repository}:1", "amd64", Cancelled);

        Assert.Equal(recipe.Files, content.Files);
    }

    private async Task PushAsync(RegistryHost host, string path, string repository, ImageRecipe recipe) =>
        await (await SkopeoClient.SharedAsync(run)).At(host.Name).PushAsync($"{path}/{repository}".TrimStart('/'), "1", [recipe], Cancelled);

    private Task<RegistryHost> SharedAsync(string path) => path == "/"
        ? Task.FromResult(run.Registry)
        : run.SharedAsync(
            $"mirror {path}",
            () => run.StartAsync(
                HostOptions.Sample("SignInHost", ["--Registry:Data={data}", "--Users:nobody=in-these-tests", $"--Feeds:{path[1..]}:Anonymous=Full"]), "mirror", CancellationToken.None));
}
