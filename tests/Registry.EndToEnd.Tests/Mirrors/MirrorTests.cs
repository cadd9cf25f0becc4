using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Mirrors;

/// <summary>Clients that are told to get images of other registries from ours, at its root and below a path.</summary>
public sealed class MirrorTests(TestRun run)
{
    private const string Path = "/main";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>
    /// An engine that keeps images in its graph driver asks a mirror with the path <c>/main</c> for <c>/main/v2/name</c>, and one that keeps them in containerd for
    /// <c>/v2/main/name</c>.
    /// </summary>
    [Theory]
    [InlineData(DockerMirrorEngine.Older, "/", "library")]
    [InlineData(DockerMirrorEngine.Newer, "/", "library")]
    [InlineData(DockerMirrorEngine.NewerOnContainerd, "/", "library")]
    [InlineData(DockerMirrorEngine.Newer, Path, "library")]
    [InlineData(DockerMirrorEngine.NewerOnContainerd, Path, "main/library")]
    public async Task A_docker_engine_gets_images_of_docker_hub_from(string engine, string path, string library)
    {
        var host = await SharedAsync(path);
        var name = run.NewRepository("hub").Replace('/', '-');
        var recipe = ImageRecipe.Create();
        await PushAsync(host, path, $"{library}/{name}", recipe);
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
            await using var docker = await DockerMirrorEngine.StartAsync(run, DockerMirrorEngine.Older, new Uri(run.Registry.Url, Path), Cancelled);
        });

        Assert.Contains("invalid mirror: path, query, or fragment at end of the URI", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Containerd_gets_images_of_another_registry_from_a_path()
    {
        const string other = "images.example.com";
        var host = await SharedAsync(Path);
        var repository = run.NewRepository("mirrored");
        var recipe = ImageRecipe.Create();
        await PushAsync(host, Path, repository, recipe);
        await using var containerd = await ContainerdClient.StartAsync(run, new RegistryAccess(host.Name) { Tls = true });
        containerd.SetHosts(other, MirrorSettings.Containerd(other, new Uri(host.Url, $"{Path}/v2")));

        var content = await containerd.PullAsync($"{other}/{repository}:1", "amd64", Cancelled);

        Assert.Equal(recipe.Files, content.Files);
    }

    /// <summary>Below a path too a host answers at its root, where clients push.</summary>
    private async Task PushAsync(RegistryHost host, string path, string repository, ImageRecipe recipe)
    {
        await (await SkopeoClient.SharedAsync(run)).At(host.Name).PushAsync(repository, "1", [recipe], Cancelled);
        using var seen = await host.Http.Client.GetAsync($"{path.TrimEnd('/')}/v2/{repository}/manifests/1", Cancelled);
        seen.EnsureSuccessStatusCode();
    }

    private Task<RegistryHost> SharedAsync(string path) => path == "/"
        ? Task.FromResult(run.Registry)
        : run.SharedAsync(
            $"mirror {path}",
            () => run.StartAsync(HostOptions.Sample("BehindProxy", ["--Registry:Data={data}", $"--Proxy:PathBase={path}"]), "mirror", CancellationToken.None));
}
