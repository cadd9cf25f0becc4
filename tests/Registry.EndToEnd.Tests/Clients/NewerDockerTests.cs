using System.Text.Json;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>
/// A newer Docker engine that keeps images in containerd, as new installations do, with buildx: it pushes as containerd
/// does, whole indexes, and with attestations, whose platform is <c>unknown/unknown</c>.
/// </summary>
public sealed class NewerDockerTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Buildx_pushes_an_index_with_attestations()
    {
        var docker = await SharedAsync();
        var repository = run.NewRepository("buildx");
        var reference = $"{run.Registry.Name}/{repository}:1";
        var recipe = ImageRecipe.Create();
        var context = docker.Shell.NewDirectory("context");
        recipe.WriteBuildContext(context);

        await docker.RunAsync(
            ["buildx", "build", "--network", "none", "--platform", "linux/amd64,linux/arm64", "--provenance=true", "--push", "--tag", reference, context],
            Cancelled);

        var index = await run.Registry.Http.GetManifestAsync(repository, "1", Cancelled);
        using var json = JsonDocument.Parse(index.Content);
        var architectures = json.RootElement.GetProperty("manifests").EnumerateArray()
            .Select(manifest => manifest.GetProperty("platform").GetProperty("architecture").GetString());
        Assert.Equal(["amd64", "arm64", "unknown", "unknown"], architectures.Order());
        await run.Registry.Http.PullWholeAsync(repository, "1", Cancelled);
        foreach (var puller in (string[])[ImageClients.Docker, ImageClients.Podman, ImageClients.Containerd])
        {
            var client = await ImageClients.GetAsync(run, puller);
            Assert.Equal(recipe.Files, (await client.PullAsync(reference, "arm64", Cancelled)).Files);
        }
    }

    [Fact]
    public async Task An_image_is_pulled_run_and_pushed_on()
    {
        var docker = await SharedAsync();
        var skopeo = await SkopeoClient.SharedAsync(run);
        var recipe = ImageRecipe.Create();
        var pushed = await skopeo.PushAsync(run.NewRepository("newer-docker"), "1", [recipe], Cancelled);
        var repository = run.NewRepository("newer-docker");
        var copy = $"{run.Registry.Name}/{repository}:2";

        await docker.RunAsync(["pull", pushed.Reference], Cancelled);
        var ran = await docker.RunAsync(["run", "--rm", "--network", "none", pushed.Reference], Cancelled);
        await docker.RunAsync(["tag", pushed.Reference, copy], Cancelled);
        var again = await docker.RunAsync(["push", copy], Cancelled);

        Assert.Equal(recipe.Greeting, ran.Output);
        Assert.Contains($"Mounted from {pushed.Repository}", again.Output, StringComparison.Ordinal);
        var manifest = await run.Registry.Http.GetManifestAsync(repository, "2", Cancelled);
        Assert.Equal(pushed.Digest, manifest.Digest);
        await run.Registry.Http.PullWholeAsync(repository, "2", Cancelled);
    }

    [Fact]
    public async Task The_build_cache_is_kept_in_the_registry()
    {
        var docker = await SharedAsync();
        var repository = run.NewRepository("cache");
        var cache = $"type=registry,ref={run.Registry.Name}/{repository}:cache";
        var context = docker.Shell.NewDirectory("context");
        ImageRecipe.Create().WriteBuildContext(context);

        await docker.RunAsync(["buildx", "build", "--network", "none", "--cache-to", $"{cache},mode=max", "--output", "type=cacheonly", context], Cancelled);
        await docker.RunAsync(["builder", "prune", "--all", "--force"], Cancelled);
        var second = await docker.RunAsync(
            ["buildx", "build", "--network", "none", "--progress", "plain", "--cache-from", cache, "--output", "type=cacheonly", context], Cancelled);

        Assert.Contains("CACHED", second.All, StringComparison.Ordinal);
    }

    private Task<NewerDocker> SharedAsync() => run.SharedAsync("newer-docker", async () =>
    {
        Tool.RequireRoot();
        Tool.Require("runc"); // the newer one wants a newer C library
        var dockerd = Tool.RequireNewer("usr/sbin/dockerd");
        var containerd = Tool.RequireNewer("usr/bin/containerd");
        var docker = Tool.RequireNewer("usr/bin/docker");
        var buildx = Tool.RequireNewer("usr/libexec/docker/cli-plugins/docker-buildx");
        var shell = run.NewShell("newer-docker");
        var engine = await DockerDaemon.StartAsync(
            dockerd, containerd, shell.DirectoryPath, """{"features": {"containerd-snapshotter": true}}""", "native", null, CancellationToken.None);
        var configuration = shell.NewDirectory("config");
        Directory.CreateDirectory(Path.Combine(configuration, "cli-plugins"));
        File.CreateSymbolicLink(Path.Combine(configuration, "cli-plugins", "docker-buildx"), buildx);
        shell.Environment["DOCKER_HOST"] = engine.Host;
        shell.Environment["DOCKER_CONFIG"] = configuration;
        return new NewerDocker(engine, shell, docker);
    });

    private sealed class NewerDocker(DockerDaemon engine, ClientShell shell, string docker) : IAsyncDisposable
    {
        public ClientShell Shell => shell;

        public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
            shell.RunAsync(docker, arguments, cancellationToken);

        public ValueTask DisposeAsync() => engine.DisposeAsync();
    }
}
