using System.Globalization;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>The registry is killed (SIGKILL) while clients push, and started again on the same folder.</summary>
public sealed class KillTests(TestRun run)
{
    private const int Pushers = 4;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary><c>REGISTRY_E2E_KILLS</c>: how often the server is killed.</summary>
    private static int Rounds => FromEnvironment("REGISTRY_E2E_KILLS", 8);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_half_written_is_seen()
    {
        // The seed decides what is pushed and after how many steps the server dies; which step that is, is up to the scheduler.
        var seed = FromEnvironment("REGISTRY_E2E_SEED", Environment.TickCount);
        var random = new Random(seed);
        await using var registry = await run.StartOwnRegistryAsync("killed", Cancelled);
        var sharedLayers = Enumerable.Range(0, 4).Select(_ => RandomBytes(random, 200_000)).ToArray();
        var pushers = new Pusher[Pushers];
        for (var i = 0; i < Pushers; i++)
        {
            var next = (i + 1) % Pushers;
            pushers[i] = new Pusher($"killed/{i}", new Random(random.Next()), sharedLayers, () => pushers[next]);
        }

        for (var round = 1; round <= Rounds; round++)
        {
            try
            {
                await PushAndKillAsync(registry, pushers, new Fuse(random.Next(1, 500)));
                await registry.StartAsync(Cancelled);
                await VerifyAsync(registry, pushers, readAgain: false);
                await Task.WhenAll(pushers.Select(pusher => pusher.RetryAsync(registry.Http.Client, Cancelled)));
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException(
                    $"Round {round} of {Rounds}, REGISTRY_E2E_SEED={seed}: {exception.Message}\n--- the registry's log ends\n{registry.LogTail()}", exception);
            }
        }

        Assert.Equal(0, await registry.StopAsync(Cancelled));
        await registry.StartAsync(Cancelled);
        await VerifyAsync(registry, pushers, readAgain: true);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"seed {seed}: {Rounds} kills, {pushers.Sum(pusher => pusher.Images)} images acknowledged, {pushers.Sum(pusher => pusher.Model.Blobs.Count)} blobs");
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

    private static async Task PushAndKillAsync(RegistryHost registry, Pusher[] pushers, Fuse fuse)
    {
        var pushing = Task.WhenAll(pushers.Select(pusher => pusher.PushUntilKilledAsync(registry.Http.Client, fuse, Cancelled)));
        await Task.WhenAny(fuse.Blown, pushing);
        await registry.KillAsync(Cancelled);
        await pushing;
    }

    private static Task VerifyAsync(RegistryHost registry, Pusher[] pushers, bool readAgain) =>
        Task.WhenAll(pushers.Select(pusher => pusher.Model.VerifyAsync(registry.Http, readAgain, Cancelled)));

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

    private static byte[] RandomBytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static int FromEnvironment(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
