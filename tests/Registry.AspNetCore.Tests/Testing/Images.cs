using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>Blobs and manifests to push, and the pushing of them.</summary>
internal static class Images
{
    public const string Oci = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string Docker = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";
    public const string Unknown = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Sha256(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    public static string Sha512(byte[] content) => "sha512:" + Convert.ToHexStringLower(SHA512.HashData(content));

    /// <summary>The JSON of a descriptor; <paramref name="rest"/> begins with a comma.</summary>
    public static string Descriptor(string digest, long size, string mediaType, string rest = "") =>
        $$"""{"mediaType":"{{mediaType}}","digest":"{{digest}}","size":{{size}}{{rest}}}""";

    public static string Descriptor(byte[] content, string mediaType, string rest = "") => Descriptor(Sha256(content), content.Length, mediaType, rest);

    /// <summary>The JSON of an image manifest; <paramref name="rest"/> begins with a comma.</summary>
    public static byte[] Image(string config, string layers, string rest = "", string mediaType = Oci) =>
        Bytes($$"""{"schemaVersion":2,"mediaType":"{{mediaType}}","config":{{config}},"layers":[{{layers}}]{{rest}}}""");

    /// <summary>The JSON of an index; <paramref name="rest"/> begins with a comma.</summary>
    public static byte[] Index(string manifests, string rest = "", string mediaType = OciIndex) =>
        Bytes($$"""{"schemaVersion":2,"mediaType":"{{mediaType}}","manifests":[{{manifests}}]{{rest}}}""");

    /// <summary>An artifact of the empty config, which has been pushed before, and no layers.</summary>
    public static byte[] Artifact(string rest = "", string configType = "application/vnd.oci.empty.v1+json") => Image(Descriptor(Bytes("{}"), configType), "", rest);

    /// <summary>An artifact that refers to a subject.</summary>
    public static byte[] Referrer(string subject, string rest = "", string configType = "application/vnd.oci.empty.v1+json") =>
        Artifact($",\"subject\":{Descriptor(subject, 7, Oci)}{rest}", configType);

    /// <summary>Pushes a blob and returns its digest.</summary>
    public static async Task<string> PushBlobAsync(this HttpClient client, string repository, byte[] content, string? digest = null)
    {
        digest ??= Sha256(content);
        await client.AskAsync("POST", $"/v2/{repository}/blobs/uploads/?digest={digest}", new ByteArrayContent(content)).ShouldBeAsync(HttpStatusCode.Created);
        return digest;
    }

    /// <summary>Pushes the blob <c>{}</c>, which artifacts have for a config.</summary>
    public static Task<string> PushEmptyConfigAsync(this HttpClient client, string repository) => client.PushBlobAsync(repository, Bytes("{}"));

    public static Task<HttpResponseMessage> PutManifestAsync(
        this HttpClient client, string repository, string reference, byte[] manifest, string? mediaType = Oci, params (string Name, string Value)[] headers)
    {
        var content = new ByteArrayContent(manifest);
        if (mediaType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        }

        return client.AskAsync("PUT", $"/v2/{repository}/manifests/{reference}", content, headers);
    }

    /// <summary>Pushes a manifest, asserts that it was taken, and returns its digest.</summary>
    public static async Task<string> PushManifestAsync(this HttpClient client, string repository, string reference, byte[] manifest, string mediaType = Oci)
    {
        HttpResponseMessage response = await client.PutManifestAsync(repository, reference, manifest, mediaType).ShouldBeAsync(HttpStatusCode.Created);
        return response.Header("Docker-Content-Digest")!;
    }

    /// <summary>Pushes an image of a config and one layer that no other seed has.</summary>
    public static async Task<PushedImage> PushImageAsync(this HttpClient client, string repository, string? tag = null, string seed = "")
    {
        byte[] config = Bytes($$"""{"seed":"{{seed}}"}""");
        byte[] layer = Bytes($"layer {seed}");
        await client.PushBlobAsync(repository, config);
        await client.PushBlobAsync(repository, layer);
        byte[] manifest = Image(Descriptor(config, OciConfig), Descriptor(layer, OciLayer));
        string digest = await client.PushManifestAsync(repository, tag ?? Sha256(manifest), manifest);
        return new PushedImage(digest, manifest, Sha256(config), Sha256(layer));
    }

    /// <summary>A body of unknown length, sent chunked.</summary>
    public static HttpContent Chunked(byte[] content, string mediaType = Oci) =>
        new ChunkedContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };

    private sealed class ChunkedContent(byte[] content) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(content, 0, content.Length);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

/// <summary>An image that was pushed.</summary>
internal sealed record PushedImage(string Digest, byte[] Manifest, string Config, string Layer)
{
    public string Descriptor(string rest = "") => Images.Descriptor(Digest, Manifest.Length, Images.Oci, rest);
}
