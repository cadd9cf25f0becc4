using System.Text.Json;
using System.Text.Json.Nodes;
using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Collection;

/// <summary>Something with a manifest: an image, an index of images, or an artifact that refers to one.</summary>
internal sealed record ChurnImage(string MediaType, byte[] Manifest, IReadOnlyList<byte[]> Blobs, IReadOnlyList<ChurnImage> Children)
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";
    private const string IndexType = "application/vnd.oci.image.index.v1+json";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar";

    public string Digest { get; } = RegistryHttp.Sha256(Manifest);

    public static ChurnImage Create(Random random, params IReadOnlyList<byte[]> layers)
    {
        var config = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["architecture"] = "amd64", ["os"] = "linux", ["unique"] = random.NextInt64() });
        return Create(ConfigType, config, layers, subject: null);
    }

    public static ChurnImage CreateIndex(params IReadOnlyList<ChurnImage> children)
    {
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = IndexType,
            ["manifests"] = new JsonArray([.. children.Select(child => Descriptor(child.MediaType, child.Manifest))]),
        });
        return new ChurnImage(IndexType, manifest, [], children);
    }

    /// <summary>An artifact that refers to this, as a signature does.</summary>
    public ChurnImage CreateReferrer(Random random) => Create("application/vnd.example.signature", "{}"u8.ToArray(), [NewLayer(random, 2_000)], this);

    /// <summary>A layer of random bytes and a random length up to a bound.</summary>
    public static byte[] NewLayer(Random random, int longest)
    {
        var layer = new byte[random.Next(1_000, longest)];
        random.NextBytes(layer);
        return layer;
    }

    private static ChurnImage Create(string configType, byte[] config, IReadOnlyList<byte[]> layers, ChurnImage? subject)
    {
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ImageType,
            ["config"] = Descriptor(configType, config),
            ["layers"] = new JsonArray([.. layers.Select(layer => Descriptor(LayerType, layer))]),
        };
        if (subject is not null)
        {
            manifest["subject"] = Descriptor(subject.MediaType, subject.Manifest);
        }

        return new ChurnImage(ImageType, JsonSerializer.SerializeToUtf8Bytes(manifest), [.. layers, config], []);
    }

    private static JsonObject Descriptor(string mediaType, byte[] content) =>
        new() { ["mediaType"] = mediaType, ["digest"] = RegistryHttp.Sha256(content), ["size"] = content.Length };
}

/// <summary>Images that are pushed again and again, to every repository, and layers that they share.</summary>
internal sealed class ImagePool
{
    private const int LongestLayer = 200_000;

    private readonly byte[][] _layers;
    private readonly ChurnImage[] _images;

    public ImagePool(Random random)
    {
        _layers = [.. Enumerable.Range(0, 8).Select(_ => ChurnImage.NewLayer(random, LongestLayer))];
        var images = Enumerable.Range(0, 9).Select(_ => ChurnImage.Create(random, [.. PickLayers(random)])).ToArray();

        // Children have no tags of their own: whoever deletes one by its digest breaks the index.
        _images = [.. images.Skip(3), ChurnImage.CreateIndex(images[0], images[1]), ChurnImage.CreateIndex(images[1], images[2]), ChurnImage.CreateIndex(images[0])];
    }

    /// <summary>One of the pool, or one that never was before and has a layer of the pool.</summary>
    public ChurnImage Pick(Random random) => random.Next(4) > 0
        ? _images[random.Next(_images.Length)]
        : ChurnImage.Create(random, [ChurnImage.NewLayer(random, LongestLayer), _layers[random.Next(_layers.Length)]]);

    private IEnumerable<byte[]> PickLayers(Random random) => _layers.OrderBy(_ => random.Next()).Take(random.Next(1, 4));
}
