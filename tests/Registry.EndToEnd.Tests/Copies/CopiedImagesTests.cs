using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Copies;

/// <summary><c>samples/Copy</c> copies what clients pushed, and clients pull it from hosts on the copies.</summary>
public sealed class CopiedImagesTests(TestRun run)
{
    /// <summary>More than S3 takes in one piece.</summary>
    private const int LargeLayerBytes = 21_000_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Images_pushed_to_a_folder_are_pulled_from_a_bucket_and_from_a_second_folder()
    {
        var (first, bucket, last) = (CopyPlace.NewFolder(run), await CopyPlace.NewBucketAsync(run, Cancelled), CopyPlace.NewFolder(run));
        await using var source = await run.StartAsync(first.Host, "copied", Cancelled);
        PushedImage[] images =
        [
            await PushAsync(source, ImageClients.Skopeo, "team/multi", "1.0", ImageRecipe.Create().WithLargeLayers(1, LargeLayerBytes), ImageRecipe.Create("arm64")),
            await PushAsync(source, ImageClients.Docker, "docker", "latest", ImageRecipe.Create()),
        ];
        var index = await source.Http.GetManifestAsync("team/multi", "1.0", Cancelled);
        await source.Http.PushManifestAsync("team/multi", "latest", index.MediaType, index.Content, Cancelled);
        await AttachAsync(images[0]);
        var shown = await ShownContent.ReadAsync(source.Http, Cancelled);
        Assert.Contains(shown, line => line.Contains("has the referrer", StringComparison.Ordinal) && line.Contains("application/vnd.example.sbom", StringComparison.Ordinal));

        await CopyWholeAsync(first, bucket);

        await using var onBucket = await run.StartAsync(bucket.Host, "copy-in-bucket", Cancelled);
        await AssertPulledAsync(onBucket, shown, images);
        await ImageAssert.PulledEqualAsync(
            onBucket.Http, images[0] with { Reference = $"{onBucket.Name}/team/multi:latest" }, await ImageClients.GetAsync(run, ImageClients.Docker, onBucket.Name), "amd64", Cancelled);
        var refused = await first.CopyAsync(bucket, run, Cancelled);
        Assert.True(refused.ExitCode == 2 && refused.Errors.Contains("a host has used it", StringComparison.Ordinal), refused.ToString());

        await CopyWholeAsync(bucket, last);

        await using var onLast = await run.StartAsync(last.Host, "copy-in-folder", Cancelled);
        await AssertPulledAsync(onLast, shown, images);
    }

    [Fact]
    public async Task A_byte_that_changed_is_reported_and_not_copied_as_good()
    {
        var (first, copy, copyOfCopy) = (CopyPlace.NewFolder(run), CopyPlace.NewFolder(run), CopyPlace.NewFolder(run));
        await using var source = await run.StartAsync(first.Host, "broken", Cancelled);
        var good = await PushAsync(source, ImageClients.Skopeo, "good", "1", ImageRecipe.Create());
        var bad = await PushAsync(source, ImageClients.Skopeo, "bad", "1", ImageRecipe.Create().WithLargeLayers(1, 3_000_000));
        var shown = await ShownContent.ReadAsync(source.Http, Cancelled);
        var (file, digest) = LargestBlob(first);
        await InvertAsync(file, 1_000_000);

        var broken = await first.CopyAsync(copy, run, Cancelled);

        Assert.True(broken.ExitCode == 1, broken.ToString());
        Assert.Contains($"BlobCorrupt: blobs/sha256/{digest[..2]}/{digest}:", broken.Errors, StringComparison.Ordinal);
        Assert.Contains($"ManifestNotWhole: repos/bad/", broken.Errors, StringComparison.Ordinal);
        Assert.Contains($"bad@{bad.Digest} names sha256:{digest}, which could not be copied.", broken.Errors, StringComparison.Ordinal);
        Assert.Contains($"bad:1 points at {bad.Digest}, which is not there or could not be copied.", broken.Errors, StringComparison.Ordinal);

        // The copy is looked at in a copy of it: a host on it would make it a registry of its own.
        await CopyWholeAsync(copy, copyOfCopy);
        await using (var host = await run.StartAsync(copyOfCopy.Host, "broken-copy", Cancelled))
        {
            await AssertPulledAsync(host, [.. shown.Where(line => !line.StartsWith("bad:", StringComparison.Ordinal) && !line.StartsWith("bad@", StringComparison.Ordinal))], [good]);
            Assert.Null(await host.Http.FindManifestAsync("bad", "1", Cancelled));
            Assert.Null(await host.Http.FindManifestAsync("bad", bad.Digest!, Cancelled));
            Assert.Null(await host.Http.FindBlobAsync("bad", $"sha256:{digest}", Cancelled));
        }

        await InvertAsync(file, 1_000_000);
        await CopyWholeAsync(first, copy);
        await using var mended = await run.StartAsync(copy.Host, "mended-copy", Cancelled);
        await AssertPulledAsync(mended, shown, [good, bad]);
    }

    private async Task<PushedImage> PushAsync(RegistryHost host, string client, string repository, string tag, params ImageRecipe[] recipes) =>
        await (await ImageClients.GetAsync(run, client, host.Name)).PushAsync(repository, tag, recipes, Cancelled);

    private async Task AttachAsync(PushedImage image)
    {
        var oras = await OrasClient.SharedAsync(run);
        var file = Path.Combine(oras.Shell.NewDirectory("files"), "sbom.json");
        await File.WriteAllTextAsync(file, "{}", Cancelled);
        await oras.RunAsync(
            ["attach", "--plain-http", "--disable-path-validation", "--artifact-type", "application/vnd.example.sbom", image.Reference, $"{file}:application/json"], Cancelled);
    }

    private async Task CopyWholeAsync(CopyPlace from, CopyPlace to)
    {
        var copied = await from.CopyAsync(to, run, Cancelled);
        Assert.True(copied.ExitCode == 0, copied.ToString());
    }

    /// <summary>The host shows the same as the source did, and a client pulls the same files.</summary>
    private async Task AssertPulledAsync(RegistryHost host, IReadOnlyList<string> shown, PushedImage[] images)
    {
        Assert.Equal(shown, await ShownContent.ReadAsync(host.Http, Cancelled));
        foreach (var image in images.Select(image => image with { Reference = $"{host.Name}/{image.Repository}:{image.Tag}" }))
        {
            foreach (var architecture in image.Files.Keys)
            {
                await ImageAssert.PulledEqualAsync(host.Http, image, await ImageClients.GetAsync(run, ImageClients.Skopeo, host.Name), architecture, Cancelled);
            }
        }
    }

    private static (string File, string Hex) LargestBlob(CopyPlace folder)
    {
        var file = new DirectoryInfo(folder.Folder).EnumerateFiles("*", SearchOption.AllDirectories).MaxBy(file => file.Length)!.FullName;
        return (file, RegistryHttp.Sha256(File.ReadAllBytes(file))["sha256:".Length..]);
    }

    /// <summary>What a disk does now and then; done twice, the bytes are what they were.</summary>
    private static async Task InvertAsync(string path, int position)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = position;
        var one = (byte)~file.ReadByte();
        file.Position = position;
        file.WriteByte(one);
    }
}
