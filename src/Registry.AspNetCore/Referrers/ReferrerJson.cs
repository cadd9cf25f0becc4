using System.Text.Encodings.Web;
using System.Text.Json;
using Registry.Content.Referrers;

namespace Registry.AspNetCore.Referrers;

/// <summary>Writes a referrer as a descriptor with its artifact type and the manifest's own annotations.</summary>
internal static class ReferrerJson
{
    /// <summary>No more is escaped than JSON demands: so a listing has no more bytes than the manifests that it is made of.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Utf8JsonWriter json, Referrer referrer)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", referrer.Descriptor.MediaType);
        json.WriteString("digest", referrer.Descriptor.Digest.Value);
        json.WriteNumber("size", referrer.Descriptor.Size);
        if (referrer.ArtifactType is { } artifactType)
        {
            json.WriteString("artifactType", artifactType);
        }

        if (referrer.Annotations is { Count: > 0 } annotations)
        {
            json.WriteStartObject("annotations");
            foreach ((string key, string value) in annotations)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
