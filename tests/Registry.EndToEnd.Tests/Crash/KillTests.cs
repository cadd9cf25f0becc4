using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>The registry is killed (SIGKILL) while clients push, and started again on the same folder.</summary>
public sealed class KillTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_half_written_is_seen()
    {
        var rounds = new SeededRounds(8);
        var pushers = new PusherGroup("killed", 4, rounds.Random);
        await using var registry = await run.StartOwnRegistryAsync("killed", Cancelled);

        await rounds.RunAsync(registry.LogTail, async () =>
        {
            var fuse = new Fuse(rounds.Random.Next(1, 500));
            var pushing = pushers.PushUntilKilledAsync(registry.Http.Client, fuse, Cancelled);
            await Task.WhenAny(fuse.Blown, pushing);
            await registry.KillAsync(Cancelled);
            await pushing;
            await registry.StartAsync(Cancelled);
            await pushers.VerifyAsync(registry.Http, readAgain: false, Cancelled);
            await pushers.RetryAsync(registry.Http.Client, Cancelled);
        });

        Assert.Equal(0, await registry.StopAsync(Cancelled));
        await registry.StartAsync(Cancelled);
        await pushers.VerifyAsync(registry.Http, readAgain: true, Cancelled);
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds}, {pushers}");
    }

    [Fact]
    public async Task A_docker_push_that_the_restart_interrupts_succeeds_when_repeated()
    {
        var docker = await DockerClient.SharedAsync(run);
        await using var registry = await run.StartOwnRegistryAsync("killed-docker", Cancelled);
        var recipe = LargeRecipe();
        var reference = $"{registry.Name}/killed/docker:1";
        await docker.BuildAsync(recipe, reference, Cancelled);

        // docker itself tries again, five times.
        var pushing = docker.TryRunAsync(["push", reference], Cancelled);
        await KillWhenBytesArriveAsync(registry, pushing);
        await registry.StartAsync(Cancelled);
        await AssertOnlyWholeAsync(registry, "killed/docker");
        var interrupted = await pushing;
        if (interrupted.ExitCode == 0)
        {
            await registry.Http.PullWholeAsync("killed/docker", "1", Cancelled);
        }

        await docker.PushAsync(reference, Cancelled);

        await registry.Http.PullWholeAsync("killed/docker", "1", Cancelled);
        Assert.Equal(recipe.Files, (await docker.PullAsync(reference, "amd64", Cancelled)).Files);
    }

    [Fact]
    public async Task A_copy_that_the_restart_interrupts_succeeds_when_repeated()
    {
        var skopeo = await SkopeoClient.SharedAsync(run);
        await using var registry = await run.StartOwnRegistryAsync("killed-skopeo", Cancelled);
        var layout = skopeo.Skopeo.Shell.NewDirectory("layout");
        var digest = OciLayout.Write(layout, "image", LargeRecipe(), LargeRecipe());
        string[] copy = ["copy", "--all", "--quiet", "--dest-tls-verify=false", $"oci:{layout}:image", $"docker://{registry.Name}/killed/skopeo:1"];

        var copying = skopeo.Skopeo.TryRunAsync(copy, Cancelled);
        await KillWhenBytesArriveAsync(registry, copying);
        await copying;
        await registry.StartAsync(Cancelled);
        await AssertOnlyWholeAsync(registry, "killed/skopeo");
        await skopeo.RunAsync(copy, Cancelled);

        Assert.Equal(digest, (await registry.Http.GetManifestAsync("killed/skopeo", "1", Cancelled)).Digest);
        await registry.Http.PullWholeAsync("killed/skopeo", "1", Cancelled);
    }

    private static async Task KillWhenBytesArriveAsync(RegistryHost registry, Task pushing)
    {
        var before = registry.DataLength();
        await Eventually.HoldsAsync(
            _ => Task.FromResult(pushing.IsCompleted || registry.DataLength() > before + 1_000_000),
            TimeSpan.FromSeconds(30),
            () => "the push to send a megabyte",
            Cancelled);
        await registry.KillAsync(Cancelled);
    }

    private static async Task AssertOnlyWholeAsync(RegistryHost registry, string repository)
    {
        foreach (var tag in await registry.Http.GetTagsAsync(repository, Cancelled))
        {
            await registry.Http.PullWholeAsync(repository, tag, Cancelled);
        }
    }

    /// <summary>An image that takes long enough to push that a kill falls into it.</summary>
    private static ImageRecipe LargeRecipe() => ImageRecipe.Create().WithLargeLayers(3, 10_000_000);
}
