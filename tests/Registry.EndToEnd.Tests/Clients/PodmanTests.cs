using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

public sealed class PodmanTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Layers_are_mounted_into_a_second_repository()
    {
        var podman = await PodmanClient.SharedAsync(run);
        var recipe = ImageRecipe.Create();
        var first = await podman.PushAsync(run.NewRepository("podman"), "1", [recipe], Cancelled);
        var repository = run.NewRepository("podman");
        var second = $"{run.Registry.Name}/{repository}:1";
        await podman.Podman.RunAsync(["tag", first.Reference, second], Cancelled);

        var pushed = await podman.Podman.RunAsync(["--log-level", "debug", "push", second], Cancelled);

        Assert.Equal(recipe.Layers.Count, pushed.Errors.Split('\n').Count(line => line.Contains("... mount OK", StringComparison.Ordinal)));
        await run.Registry.Http.PullWholeAsync(repository, "1", Cancelled);
        var content = await podman.PullAsync(second, "amd64", Cancelled);
        Assert.Equal(recipe.Files, content.Files);
    }

    [Theory]
    [InlineData("oci", "application/vnd.oci.image.manifest.v1+json")]
    [InlineData("v2s2", "application/vnd.docker.distribution.manifest.v2+json")]
    public async Task An_image_is_pushed_in_either_format(string format, string mediaType)
    {
        var podman = await PodmanClient.SharedAsync(run);
        var recipe = ImageRecipe.Create();
        var repository = run.NewRepository("podman");
        var reference = $"{run.Registry.Name}/{repository}:{format}";
        await podman.BuildAsync(recipe, reference, Cancelled);

        await podman.Podman.RunAsync(["push", "--format", format, reference], Cancelled);

        var manifest = await run.Registry.Http.GetManifestAsync(repository, format, Cancelled);
        Assert.Equal(mediaType, manifest.MediaType);
        var content = await podman.PullAsync(reference, "amd64", Cancelled);
        Assert.Equal(recipe.Files, content.Files);
    }

    [Fact]
    public async Task The_tags_of_a_repository_are_listed()
    {
        var podman = await PodmanClient.SharedAsync(run);
        var pushed = await podman.PushAsync(run.NewRepository("podman"), "listed", [ImageRecipe.Create()], Cancelled);

        var found = await podman.Podman.RunAsync(["search", "--list-tags", $"{run.Registry.Name}/{pushed.Repository}"], Cancelled);

        Assert.EndsWith(" listed", found.Output.Trim(), StringComparison.Ordinal);
    }
}
