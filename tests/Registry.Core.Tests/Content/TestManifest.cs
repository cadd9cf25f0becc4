using System.Text;
using Registry.Model;

namespace Registry.Core.Tests.Content;

/// <summary>A manifest as a client has it.</summary>
internal sealed record TestManifest(Digest Digest, string MediaType, byte[] Content)
{
    public static implicit operator string(TestManifest manifest) => manifest.Digest.Value;

    /// <summary>The blobs of the image of a name: a config and two layers, one of which all images share.</summary>
    public static byte[][] BlobsOf(string name) => [Encoding.UTF8.GetBytes($"config of {name}"), Encoding.UTF8.GetBytes("shared layer"), Encoding.UTF8.GetBytes($"layer of {name}")];

    public static TestManifest ImageOf(string name, string more = "")
    {
        Digest[] blobs = [.. BlobsOf(name).Select(static blob => DigestAlgorithm.Sha256.Compute(blob))];
        return Image(blobs[0], blobs[1..], more);
    }

    public static TestManifest Image(Digest config, IEnumerable<Digest> layers, string more = "") => Of(
        MediaTypes.OciManifest,
        $$"""
        {
          "schemaVersion": 2,
          "mediaType": "{{MediaTypes.OciManifest}}",
          "config": {{Descriptor("application/vnd.oci.image.config.v1+json", config)}},
          "layers": [{{string.Join(", ", layers.Select(static layer => Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)))}}]{{more}}
        }
        """);

    public static TestManifest Index(IEnumerable<Digest> children, string more = "", string typeOfChildren = MediaTypes.OciManifest) => Of(
        MediaTypes.OciIndex,
        $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(',', children.Select(child => Descriptor(typeOfChildren, child)))}}]{{more}}}""");

    /// <summary>An artifact without content of its own that refers to a subject.</summary>
    public static TestManifest Referrer(Digest subject, string name) => ImageOf(name, $$""", "artifactType": "application/vnd.example.{{name}}", "subject": {{Descriptor(MediaTypes.OciManifest, subject)}}""");

    public static TestManifest Of(string mediaType, string content, DigestAlgorithm? algorithm = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        return new TestManifest((algorithm ?? DigestAlgorithm.Sha256).Compute(bytes), mediaType, bytes);
    }

    public static string Descriptor(string mediaType, Digest digest) => $$"""{"mediaType": "{{mediaType}}", "digest": "{{digest}}", "size": 7}""";
}
