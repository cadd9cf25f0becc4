using System.Security.Cryptography;
using System.Text;

namespace Registry.Bench.Content;

/// <summary>A manifest's bytes, built by hand so that they are the same on every run with the same blobs.</summary>
internal sealed class Manifest
{
    private readonly byte[] bytes;
    private readonly byte[] digest;
    private readonly byte[] mediaType;

    private Manifest(string mediaType, string json)
    {
        this.mediaType = Encoding.ASCII.GetBytes(mediaType);
        bytes = Encoding.UTF8.GetBytes(json);
        digest = Encoding.ASCII.GetBytes(Digests.Format(SHA256.HashData(bytes)));
    }

    /// <summary>The <c>Accept</c> header that engines send.</summary>
    public static ReadOnlySpan<byte> Accepted =>
        "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, "u8 +
        "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"u8;

    public ReadOnlySpan<byte> Bytes => bytes;

    public ReadOnlySpan<byte> Digest => digest;

    public ReadOnlySpan<byte> MediaType => mediaType;

    /// <summary>What the Docker engine pushes.</summary>
    public static Manifest Docker(Blob config, IEnumerable<Blob> layers) => Image(
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        config,
        layers,
        annotation: null);

    /// <param name="annotation">Makes manifests of the same blobs differ; null for none.</param>
    public static Manifest Oci(Blob config, IEnumerable<Blob> layers, string? annotation = null) => Image(
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        config,
        layers,
        annotation);

    private static Manifest Image(
        string mediaType, string configType, string layerType, Blob config, IEnumerable<Blob> layers, string? annotation)
    {
        var list = string.Join(',', layers.Select(layer => Descriptor(layerType, layer)));
        var annotations = annotation is null ? "" : $$""","annotations":{"org.opencontainers.image.version":"{{annotation}}"}""";
        var head = $$"""{"schemaVersion":2,"mediaType":"{{mediaType}}","config":{{Descriptor(configType, config)}},""";
        return new Manifest(mediaType, $$"""{{head}}"layers":[{{list}}]{{annotations}}}""");
    }

    private static string Descriptor(string mediaType, Blob blob) =>
        $$"""{"mediaType":"{{mediaType}}","size":{{blob.Length}},"digest":"{{blob.DigestText}}"}""";
}
