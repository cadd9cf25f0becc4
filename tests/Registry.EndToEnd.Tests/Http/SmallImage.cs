using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Registry.EndToEnd.Tests.Http;

/// <summary>An image of one layer that no other image has, pushed without any client.</summary>
internal sealed record SmallImage(byte[] Config, byte[] Layer, byte[] Manifest)
{
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    public string Digest { get; } = RegistryHttp.Sha256(Manifest);

    public string LayerDigest { get; } = RegistryHttp.Sha256(Layer);

    public static SmallImage Create(int layerBytes = 1000)
    {
        var config = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["architecture"] = "amd64", ["os"] = "linux", ["unique"] = RandomNumberGenerator.GetHexString(16),
        });
        var layer = RandomNumberGenerator.GetBytes(layerBytes);
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", config),
            ["layers"] = new JsonArray(Descriptor("application/vnd.oci.image.layer.v1.tar", layer)),
        });
        return new SmallImage(config, layer, manifest);
    }

    public async Task PushAsync(RegistryHttp registry, string repository, string tag, CancellationToken cancellationToken)
    {
        await registry.PushBlobAsync(repository, Config, cancellationToken);
        await registry.PushBlobAsync(repository, Layer, cancellationToken);
        await registry.PushManifestAsync(repository, tag, ManifestType, Manifest, cancellationToken);
    }

    private static JsonObject Descriptor(string mediaType, byte[] content) =>
        new() { ["mediaType"] = mediaType, ["digest"] = RegistryHttp.Sha256(content), ["size"] = content.Length };
}
