using System.Security.Cryptography;
using System.Text.Json;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

public sealed class OrasTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_are_pushed_and_pulled()
    {
        var oras = await OrasClient.SharedAsync(run);
        var directory = NewFiles(oras, ("readme.txt", "text"u8.ToArray()), ("empty", []), ("data.bin", RandomNumberGenerator.GetBytes(300_000)));
        var repository = run.NewRepository("oras");
        var reference = $"{run.Registry.Name}/{repository}:1";
        var pulled = oras.Shell.NewDirectory("pulled");

        await PushFilesAsync(oras, directory, reference);
        await oras.RunAsync(["pull", "--plain-http", "--output", pulled, reference], Cancelled);

        foreach (var file in Directory.EnumerateFiles(directory))
        {
            Assert.Equal(await File.ReadAllBytesAsync(file, Cancelled), await File.ReadAllBytesAsync(Path.Combine(pulled, Path.GetFileName(file)), Cancelled));
        }

        await run.Registry.Http.PullWholeAsync(repository, "1", Cancelled);
    }

    [Fact]
    public async Task Attached_artifacts_are_discovered_and_copied_along()
    {
        var oras = await OrasClient.SharedAsync(run);
        var image = await oras.PushAsync(run.NewRepository("oras"), "subject", [ImageRecipe.Create()], Cancelled);
        var directory = NewFiles(oras, ("sbom.json", "{}"u8.ToArray()), ("signature", "signed"u8.ToArray()));
        await AttachAsync("sbom.json", "application/vnd.example.sbom");
        await AttachAsync("signature", "application/vnd.example.signature");

        Assert.Equal(["application/vnd.example.sbom", "application/vnd.example.signature"], await DiscoverAsync(image.Reference));
        Assert.Equal(["application/vnd.example.sbom"], await DiscoverAsync(image.Reference, "--artifact-type", "application/vnd.example.sbom"));
        // The registry keeps the referrers itself: no tag stands in for the list.
        Assert.Equal(["subject"], await run.Registry.Http.GetTagsAsync(image.Repository, Cancelled));

        var copy = $"{run.Registry.Name}/{run.NewRepository("oras")}:copy";
        await oras.RunAsync(["copy", "--recursive", "--from-plain-http", "--to-plain-http", image.Reference, copy], Cancelled);
        Assert.Equal(["application/vnd.example.sbom", "application/vnd.example.signature"], await DiscoverAsync(copy));

        Task AttachAsync(string file, string artifactType) => oras.RunAsync(
            ["attach", "--plain-http", "--disable-path-validation", "--artifact-type", artifactType, image.Reference, $"{Path.Combine(directory, file)}:text/plain"],
            Cancelled);

        async Task<string[]> DiscoverAsync(string reference, params string[] filter)
        {
            var discovered = await oras.RunAsync(["discover", "--plain-http", "--format", "json", .. filter, reference], Cancelled);
            using var json = JsonDocument.Parse(discovered.Output);
            return [.. json.RootElement.GetProperty("manifests").EnumerateArray().Select(manifest => manifest.GetProperty("artifactType").GetString()!).Order()];
        }
    }

    [Fact]
    public async Task Tags_are_added_listed_and_resolved()
    {
        var oras = await OrasClient.SharedAsync(run);
        var image = await oras.PushAsync(run.NewRepository("oras"), "1", [ImageRecipe.Create()], Cancelled);
        var name = $"{run.Registry.Name}/{image.Repository}";

        await oras.RunAsync(["tag", "--plain-http", image.Reference, "2", "latest"], Cancelled);

        var tags = await oras.RunAsync(["repo", "tags", "--plain-http", name], Cancelled);
        Assert.Equal(["1", "2", "latest"], tags.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        var resolved = await oras.RunAsync(["resolve", "--plain-http", $"{name}:latest"], Cancelled);
        Assert.Equal(image.Digest, resolved.Output.Trim());
    }

    [Fact]
    public async Task A_repository_is_found_in_the_catalog()
    {
        var oras = await OrasClient.SharedAsync(run);
        var image = await oras.PushAsync(run.NewRepository("oras"), "1", [ImageRecipe.Create()], Cancelled);

        var listed = await oras.RunAsync(["repo", "ls", "--plain-http", run.Registry.Name], Cancelled);

        Assert.Contains(image.Repository, listed.Output.Split('\n'));
    }

    [Fact]
    public async Task A_copy_within_the_registry_mounts_the_blobs()
    {
        var oras = await OrasClient.SharedAsync(run);
        var recipe = ImageRecipe.Create();
        var image = await oras.PushAsync(run.NewRepository("oras"), "1", [recipe], Cancelled);
        var repository = run.NewRepository("oras");

        var copied = await oras.RunAsync(
            ["copy", "--verbose", "--from-plain-http", "--to-plain-http", image.Reference, $"{run.Registry.Name}/{repository}:1"], Cancelled);

        Assert.True(copied.Output.Split('\n').Count(line => line.StartsWith("Mounted ", StringComparison.Ordinal)) >= recipe.Layers.Count, copied.ToString());
        await run.Registry.Http.PullWholeAsync(repository, "1", Cancelled);
    }

    [Fact]
    public async Task A_manifest_is_deleted()
    {
        var oras = await OrasClient.SharedAsync(run);
        var image = await oras.PushAsync(run.NewRepository("oras"), "1", [ImageRecipe.Create()], Cancelled);

        await oras.RunAsync(["manifest", "delete", "--plain-http", "--force", image.Reference], Cancelled);

        Assert.Null(await run.Registry.Http.FindManifestAsync(image.Repository, image.Digest!, Cancelled));
        Assert.Empty(await run.Registry.Http.GetTagsAsync(image.Repository, Cancelled));
    }

    [Fact]
    public async Task A_blob_is_pushed_fetched_and_deleted()
    {
        var oras = await OrasClient.SharedAsync(run);
        var content = RandomNumberGenerator.GetBytes(200_000);
        var directory = NewFiles(oras, ("blob", content));
        var digest = RegistryHttp.Sha256(content);
        var blob = $"{run.Registry.Name}/{run.NewRepository("oras")}@{digest}";
        var fetched = oras.Shell.NewPath("fetched");

        await oras.RunAsync(["blob", "push", "--plain-http", blob, Path.Combine(directory, "blob")], Cancelled);
        await oras.RunAsync(["blob", "fetch", "--plain-http", "--output", fetched, blob], Cancelled);
        await oras.RunAsync(["blob", "delete", "--plain-http", "--force", blob], Cancelled);

        Assert.Equal(content, await File.ReadAllBytesAsync(fetched, Cancelled));
        var again = await oras.Shell.TryRunAsync(oras.Program, ["blob", "fetch", "--plain-http", "--descriptor", blob], Cancelled);
        Assert.NotEqual(0, again.ExitCode);
    }

    private static string NewFiles(OrasClient oras, params (string Name, byte[] Content)[] files)
    {
        var directory = oras.Shell.NewDirectory("files");
        foreach (var (name, content) in files)
        {
            File.WriteAllBytes(Path.Combine(directory, name), content);
        }

        return directory;
    }

    private static async Task PushFilesAsync(OrasClient oras, string directory, string reference)
    {
        // oras names layers after the paths that it is given, so it is given relative ones.
        var files = Directory.EnumerateFiles(directory).Select(file => $"{Path.GetFileName(file)}:application/octet-stream");
        await oras.RunInAsync(directory, ["push", "--plain-http", "--artifact-type", "application/vnd.example.files", reference, .. files], Cancelled);
    }
}
