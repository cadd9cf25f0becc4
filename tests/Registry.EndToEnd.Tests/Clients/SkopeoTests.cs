using System.Text.Json;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

public sealed class SkopeoTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("dir:{0}")]
    [InlineData("oci:{0}:copied")]
    public async Task An_image_goes_out_to_a_folder_and_back_in_byte_for_byte(string transport)
    {
        var skopeo = await SkopeoClient.SharedAsync(run);
        var pushed = await skopeo.PushAsync(run.NewRepository("skopeo"), "out", [ImageRecipe.Create()], Cancelled);
        var folder = string.Format(null, transport, skopeo.Skopeo.Shell.NewPath("copy"));
        var repository = run.NewRepository("skopeo");

        await skopeo.RunAsync(["copy", "--src-tls-verify=false", "--preserve-digests", $"docker://{pushed.Reference}", folder], Cancelled);
        await skopeo.RunAsync(["copy", "--dest-tls-verify=false", "--preserve-digests", folder, $"docker://{run.Registry.Name}/{repository}:in"], Cancelled);

        var manifest = await run.Registry.Http.GetManifestAsync(repository, "in", Cancelled);
        Assert.Equal(pushed.Digest, manifest.Digest);
        await run.Registry.Http.PullWholeAsync(repository, "in", Cancelled);
    }

    [Fact]
    public async Task An_index_is_copied_with_all_of_its_images()
    {
        var skopeo = await SkopeoClient.SharedAsync(run);
        var pushed = await skopeo.PushAsync(run.NewRepository("skopeo"), "all", [ImageRecipe.Create(), ImageRecipe.Create("arm64")], Cancelled);
        var folder = skopeo.Skopeo.Shell.NewPath("all");
        var repository = run.NewRepository("skopeo");

        await skopeo.RunAsync(["copy", "--all", "--src-tls-verify=false", $"docker://{pushed.Reference}", $"dir:{folder}"], Cancelled);
        await skopeo.RunAsync(["copy", "--all", "--dest-tls-verify=false", $"dir:{folder}", $"docker://{run.Registry.Name}/{repository}:all"], Cancelled);

        var before = await run.Registry.Http.PullWholeAsync(pushed.Repository, "all", Cancelled);
        var after = await run.Registry.Http.PullWholeAsync(repository, "all", Cancelled);
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task A_copy_within_the_registry_mounts_the_layers()
    {
        var skopeo = await SkopeoClient.SharedAsync(run);
        var recipe = ImageRecipe.Create();
        var pushed = await skopeo.PushAsync(run.NewRepository("skopeo"), "1", [recipe], Cancelled);
        var repository = run.NewRepository("skopeo");

        var copied = await skopeo.RunAsync(
            ["--debug", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", $"docker://{pushed.Reference}", $"docker://{run.Registry.Name}/{repository}:1"],
            Cancelled);

        Assert.True(copied.Errors.Split("... mount OK").Length - 1 >= recipe.Layers.Count, copied.ToString());
        await run.Registry.Http.PullWholeAsync(repository, "1", Cancelled);
    }

    [Fact]
    public async Task A_repository_is_synchronised_out_to_a_folder_and_in_again()
    {
        var skopeo = await SkopeoClient.SharedAsync(run);
        var repository = run.NewRepository("skopeo");
        await skopeo.PushAsync(repository, "a", [ImageRecipe.Create()], Cancelled);
        await skopeo.PushAsync(repository, "b", [ImageRecipe.Create()], Cancelled);
        var folder = skopeo.Skopeo.Shell.NewDirectory("sync");
        var target = run.NewRepository("synchronised");

        await skopeo.RunAsync(["sync", "--src-tls-verify=false", "--src", "docker", "--dest", "dir", $"{run.Registry.Name}/{repository}", folder], Cancelled);
        await skopeo.RunAsync(["sync", "--dest-tls-verify=false", "--src", "dir", "--dest", "docker", folder, $"{run.Registry.Name}/{target}"], Cancelled);

        var name = $"{target}/{repository[(repository.LastIndexOf('/') + 1)..]}";
        Assert.Equal(["a", "b"], (await run.Registry.Http.GetTagsAsync(name, Cancelled)).Order());
        foreach (var tag in (string[])["a", "b"])
        {
            Assert.Equal(
                await run.Registry.Http.PullWholeAsync(repository, tag, Cancelled),
                await run.Registry.Http.PullWholeAsync(name, tag, Cancelled));
        }
    }

    [Fact]
    public async Task An_image_is_converted_to_the_docker_format_on_its_way()
    {
        var skopeo = await SkopeoClient.SharedAsync(run);
        var docker = await DockerClient.SharedAsync(run);
        var recipe = ImageRecipe.Create();
        var pushed = await skopeo.PushAsync(run.NewRepository("skopeo"), "oci", [recipe], Cancelled);
        var repository = run.NewRepository("skopeo");
        var reference = $"{run.Registry.Name}/{repository}:docker";

        await skopeo.RunAsync(
            ["copy", "--format", "v2s2", "--src-tls-verify=false", "--dest-tls-verify=false", $"docker://{pushed.Reference}", $"docker://{reference}"], Cancelled);

        var manifest = await run.Registry.Http.GetManifestAsync(repository, "docker", Cancelled);
        Assert.Equal("application/vnd.docker.distribution.manifest.v2+json", manifest.MediaType);
        Assert.Equal(recipe.Files, (await docker.PullAsync(reference, "amd64", Cancelled)).Files);
    }

    [Fact]
    public async Task Tags_and_images_are_inspected_and_deleted()
    {
        var skopeo = await SkopeoClient.SharedAsync(run);
        var repository = run.NewRepository("skopeo");
        var kept = await skopeo.PushAsync(repository, "kept", [ImageRecipe.Create()], Cancelled);
        var gone = await skopeo.PushAsync(repository, "gone", [ImageRecipe.Create()], Cancelled);

        var inspected = await skopeo.RunAsync(["inspect", "--tls-verify=false", $"docker://{gone.Reference}"], Cancelled);
        using (var json = JsonDocument.Parse(inspected.Output))
        {
            Assert.Equal(gone.Digest, json.RootElement.GetProperty("Digest").GetString());
            Assert.Equal(["gone", "kept"], json.RootElement.GetProperty("RepoTags").EnumerateArray().Select(tag => tag.GetString()!).Order());
        }

        await skopeo.DeleteAsync(gone.Reference, Cancelled);

        Assert.Equal(["kept"], await TagsAsync());
        await run.Registry.Http.PullWholeAsync(repository, kept.Digest!, Cancelled);
        var pulled = await skopeo.Skopeo.TryRunAsync(["inspect", "--tls-verify=false", $"docker://{gone.Reference}"], Cancelled);
        Assert.Contains("manifest unknown", pulled.Errors, StringComparison.OrdinalIgnoreCase);

        async Task<string[]> TagsAsync()
        {
            var listed = await skopeo.RunAsync(["list-tags", "--tls-verify=false", $"docker://{run.Registry.Name}/{repository}"], Cancelled);
            using var json = JsonDocument.Parse(listed.Output);
            return [.. json.RootElement.GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString()!)];
        }
    }
}
