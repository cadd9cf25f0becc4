using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>What every client can do with images. Each client's test class inherits it.</summary>
public abstract class ImageClientTests(TestRun run, string name)
{
    private const string OtherArchitecture = "arm64";

    public static TheoryData<string> Pullers => [.. ImageClients.All];

    protected TestRun Run { get; } = run;

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Pullers))]
    public async Task What_it_pushes_is_pulled_whole_and_equal_by(string puller)
    {
        var pushed = await PushNewAsync("image");

        await AssertWholeAsync(pushed);
        await AssertPulledEqualAsync(pushed, puller, "amd64");
    }

    [Theory]
    [MemberData(nameof(Pullers))]
    public async Task What_it_pushes_under_an_index_is_pulled_for_each_architecture_by(string puller)
    {
        var client = await ImageClients.GetAsync(Run, name);
        var pushed = await client.PushAsync(Run.NewRepository(name), "multi", [ImageRecipe.Create(), ImageRecipe.Create(OtherArchitecture)], Cancelled);

        await AssertWholeAsync(pushed);
        await AssertPulledEqualAsync(pushed, puller, OtherArchitecture);
        if (puller == name)
        {
            await AssertPulledEqualAsync(pushed, puller, "amd64");
        }
    }

    [Fact]
    public async Task It_pulls_by_digest()
    {
        var client = await ImageClients.GetAsync(Run, name);
        var pushed = await PushNewAsync("by-digest");
        var manifest = await Run.Registry.Http.GetManifestAsync(pushed.Repository, pushed.Tag, Cancelled);

        var content = await client.PullAsync($"{Run.Registry.Name}/{pushed.Repository}@{manifest.Digest}", "amd64", Cancelled);

        Assert.Equal(pushed.Files["amd64"], content.Files);
    }

    [Fact]
    public async Task It_pushes_again_what_is_there()
    {
        var client = await ImageClients.GetAsync(Run, name);
        var recipe = ImageRecipe.Create();
        var repository = Run.NewRepository(name);
        await client.PushAsync(repository, "again", [recipe], Cancelled);

        var again = await client.PushAsync(repository, "again", [recipe], Cancelled);

        await AssertWholeAsync(again);
        await AssertPulledEqualAsync(again, name, "amd64");
        Assert.Equal(["again"], await Run.Registry.Http.GetTagsAsync(repository, Cancelled));
    }

    [Fact]
    public async Task It_moves_a_tag_to_another_image()
    {
        var client = await ImageClients.GetAsync(Run, name);
        var repository = Run.NewRepository(name);
        await client.PushAsync(repository, "moved", [ImageRecipe.Create()], Cancelled);
        var first = await Run.Registry.Http.GetManifestAsync(repository, "moved", Cancelled);

        var second = await client.PushAsync(repository, "moved", [ImageRecipe.Create()], Cancelled);

        await AssertPulledEqualAsync(second, name, "amd64");
        var now = await Run.Registry.Http.GetManifestAsync(repository, "moved", Cancelled);
        Assert.NotEqual(first.Digest, now.Digest);
        await Run.Registry.Http.PullWholeAsync(repository, first.Digest, Cancelled);
    }

    [Fact]
    public async Task It_pushes_again_what_was_deleted()
    {
        var client = await ImageClients.GetAsync(Run, name);
        var skopeo = await SkopeoClient.SharedAsync(Run);
        var recipe = ImageRecipe.Create();
        var repository = Run.NewRepository(name);
        var pushed = await client.PushAsync(repository, "deleted", [recipe], Cancelled);

        await skopeo.DeleteAsync(pushed.Reference, Cancelled);
        Assert.Null(await Run.Registry.Http.FindManifestAsync(repository, "deleted", Cancelled));
        Assert.Empty(await Run.Registry.Http.GetTagsAsync(repository, Cancelled));

        var again = await client.PushAsync(repository, "deleted", [recipe], Cancelled);
        await AssertWholeAsync(again);
        await AssertPulledEqualAsync(again, name, "amd64");
    }

    protected async Task<PushedImage> PushNewAsync(string tag)
    {
        var client = await ImageClients.GetAsync(Run, name);
        return await client.PushAsync(Run.NewRepository(name), tag, [ImageRecipe.Create()], Cancelled);
    }

    protected Task AssertWholeAsync(PushedImage pushed) => ImageAssert.WholeAsync(Run.Registry.Http, pushed, Cancelled);

    protected async Task AssertPulledEqualAsync(PushedImage pushed, string puller, string architecture) =>
        await ImageAssert.PulledEqualAsync(Run.Registry.Http, pushed, await ImageClients.GetAsync(Run, puller), architecture, Cancelled);
}

public sealed class DockerImageTests(TestRun run) : ImageClientTests(run, ImageClients.Docker);

public sealed class PodmanImageTests(TestRun run) : ImageClientTests(run, ImageClients.Podman);

public sealed class SkopeoImageTests(TestRun run) : ImageClientTests(run, ImageClients.Skopeo);

public sealed class ContainerdImageTests(TestRun run) : ImageClientTests(run, ImageClients.Containerd);

public sealed class OrasImageTests(TestRun run) : ImageClientTests(run, ImageClients.Oras);

public sealed class DotNetSdkImageTests(TestRun run) : ImageClientTests(run, ImageClients.DotNetSdk);
