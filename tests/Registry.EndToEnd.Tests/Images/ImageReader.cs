using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Images;

/// <summary>
/// Reads images in the forms in which clients hand them out: an OCI layout, a docker archive (<c>docker save</c>), a
/// skopeo <c>dir:</c> folder. It goes by the bytes: a layer whose digest is not what the image says fails the test.
/// </summary>
public static class ImageReader
{
    /// <summary>Reads an archive of one of those forms, gzipped or not, by way of the folder <paramref name="unpackInto"/>.</summary>
    public static async Task<ImageContent> ReadArchiveAsync(string file, string unpackInto, string architecture, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(unpackInto);
        await using (var stream = OpenMaybeCompressed(File.OpenRead(file)))
        {
            await TarFile.ExtractToDirectoryAsync(stream, unpackInto, overwriteFiles: true, cancellationToken);
        }

        return Read(unpackInto, architecture);
    }

    public static ImageContent Read(string directory, string architecture)
    {
        if (File.Exists(Path.Combine(directory, "index.json")))
        {
            return ReadLayout(directory, architecture);
        }

        using var manifest = ReadJson(Path.Combine(directory, "manifest.json"));
        return manifest.RootElement.ValueKind == JsonValueKind.Array
            ? ReadDockerArchive(directory, manifest.RootElement)
            : ReadManifest(manifest.RootElement, digest => Path.Combine(directory, Hex(digest)), [DigestOfFile(Path.Combine(directory, "manifest.json"))]);
    }

    private static ImageContent ReadLayout(string directory, string architecture)
    {
        var digests = new List<string>();
        var path = Path.Combine(directory, "index.json");
        while (true)
        {
            using var json = ReadJson(path);
            if (!json.RootElement.TryGetProperty("manifests", out var manifests))
            {
                return ReadManifest(json.RootElement, BlobPath, digests);
            }

            var candidates = manifests.EnumerateArray().ToArray();
            var chosen = candidates.Length == 1 ? candidates[0] : candidates.First(IsWanted);
            var digest = chosen.GetProperty("digest").GetString()!;
            path = BlobPath(digest);
            Assert.Equal(digest, DigestOfFile(path));
            digests.Add(digest);
        }

        bool IsWanted(JsonElement descriptor) =>
            descriptor.TryGetProperty("platform", out var platform) && platform.GetProperty("architecture").GetString() == architecture;

        string BlobPath(string digest) => Path.Combine(directory, "blobs", "sha256", Hex(digest));
    }

    private static ImageContent ReadManifest(JsonElement manifest, Func<string, string> pathOf, IReadOnlyList<string> digests)
    {
        var layers = manifest.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("digest").GetString()!).ToArray();
        foreach (var digest in layers.Append(manifest.GetProperty("config").GetProperty("digest").GetString()!))
        {
            Assert.Equal(digest, DigestOfFile(pathOf(digest)));
        }

        return ReadLayers(pathOf(manifest.GetProperty("config").GetProperty("digest").GetString()!), layers.Select(pathOf), digests);
    }

    private static ImageContent ReadDockerArchive(string directory, JsonElement manifest)
    {
        var image = manifest.EnumerateArray().Single();
        return ReadLayers(
            Path.Combine(directory, image.GetProperty("Config").GetString()!),
            image.GetProperty("Layers").EnumerateArray().Select(layer => Path.Combine(directory, layer.GetString()!)),
            []);
    }

    private static ImageContent ReadLayers(string configPath, IEnumerable<string> layerPaths, IReadOnlyList<string> digests)
    {
        using var config = ReadJson(configPath);
        var expected = config.RootElement.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(id => id.GetString()!).ToArray();
        var diffIds = new List<string>();
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in layerPaths)
        {
            diffIds.Add(ReadLayer(path, files));
        }

        Assert.Equal(expected, diffIds);
        return new ImageContent(digests, diffIds, files);
    }

    private static string ReadLayer(string path, SortedDictionary<string, string> files)
    {
        using var uncompressed = new MemoryStream();
        using (var stream = OpenMaybeCompressed(File.OpenRead(path)))
        {
            stream.CopyTo(uncompressed);
        }

        uncompressed.Position = 0;
        using var tar = new TarReader(uncompressed, leaveOpen: true);
        while (tar.GetNextEntry() is { } entry)
        {
            var name = entry.Name.TrimStart('.', '/');
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                files[name] = "sha256:" + Convert.ToHexStringLower(entry.DataStream is { } data ? SHA256.HashData(data) : SHA256.HashData([]));
            }
        }

        return RegistryHttp.Sha256(uncompressed.ToArray());
    }

    private static Stream OpenMaybeCompressed(FileStream stream)
    {
        Span<byte> magic = stackalloc byte[2];
        var compressed = stream.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
        stream.Position = 0;
        return compressed ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }

    private static JsonDocument ReadJson(string path) => JsonDocument.Parse(File.ReadAllBytes(path));

    private static string DigestOfFile(string path) => RegistryHttp.Sha256(File.ReadAllBytes(path));

    private static string Hex(string digest) => digest["sha256:".Length..];
}
