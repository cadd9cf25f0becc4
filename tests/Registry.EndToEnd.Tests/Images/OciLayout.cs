using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Images;

/// <summary>Makes an OCI image layout of recipes, for the clients that copy images but do not build any.</summary>
public static class OciLayout
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string IndexType = "application/vnd.oci.image.index.v1+json";

    /// <summary>
    /// Writes the images below <paramref name="directory"/> and returns the digest of what <paramref name="tag"/> names:
    /// the manifest of a single image, the index of several.
    /// </summary>
    public static string Write(string directory, string tag, params IReadOnlyList<ImageRecipe> recipes)
    {
        Directory.CreateDirectory(Path.Combine(directory, "blobs", "sha256"));
        File.WriteAllText(Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");

        var images = recipes.Select(recipe => WriteImage(directory, recipe)).ToArray();
        var root = images[0];
        if (images.Length > 1)
        {
            for (var i = 0; i < images.Length; i++)
            {
                images[i]["platform"] = new JsonObject { ["architecture"] = recipes[i].Architecture, ["os"] = "linux" };
            }

            root = WriteJson(directory, IndexType, new JsonObject
            {
                ["schemaVersion"] = 2,
                ["mediaType"] = IndexType,
                ["manifests"] = new JsonArray(images),
            });
        }

        root["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        var digest = root["digest"]!.GetValue<string>();
        File.WriteAllText(Path.Combine(directory, "index.json"), new JsonObject
        {
            ["schemaVersion"] = 2,
            ["manifests"] = new JsonArray(root),
        }.ToJsonString());
        return digest;
    }

    private static JsonObject WriteImage(string directory, ImageRecipe recipe)
    {
        var layers = new JsonArray();
        var diffIds = new JsonArray();
        foreach (var files in recipe.Layers)
        {
            var tar = WriteTar(files);
            diffIds.Add(RegistryHttp.Sha256(tar));
            layers.Add(WriteBlob(directory, "application/vnd.oci.image.layer.v1.tar+gzip", Compress(tar)));
        }

        var config = WriteJson(directory, "application/vnd.oci.image.config.v1+json", new JsonObject
        {
            ["architecture"] = recipe.Architecture,
            ["os"] = "linux",
            ["config"] = new JsonObject { ["Cmd"] = new JsonArray([.. ImageRecipe.Command.Select(word => JsonValue.Create(word))]) },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = diffIds },
        });
        return WriteJson(directory, ManifestType, new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = config,
            ["layers"] = layers,
        });
    }

    private static byte[] WriteTar(IReadOnlyList<ImageFile> files)
    {
        using var buffer = new MemoryStream();
        using (var tar = new TarWriter(buffer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var file in files)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, file.Path)
                {
                    DataStream = new MemoryStream(file.Content),
                    Mode = ImageRecipe.Mode(file),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }

        return buffer.ToArray();
    }

    private static byte[] Compress(byte[] content)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return buffer.ToArray();
    }

    private static JsonObject WriteJson(string directory, string mediaType, JsonObject content) =>
        WriteBlob(directory, mediaType, JsonSerializer.SerializeToUtf8Bytes(content));

    private static JsonObject WriteBlob(string directory, string mediaType, byte[] content)
    {
        var digest = RegistryHttp.Sha256(content);
        File.WriteAllBytes(Path.Combine(directory, "blobs", "sha256", digest["sha256:".Length..]), content);
        return new JsonObject { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = content.Length };
    }
}
