using System.Text.Json;
using Registry.Content.Referrers;

namespace Registry.AspNetCore.Referrers;

/// <summary>Writes a referrer as a descriptor with its artifact type and the manifest's own annotations.</summary>
internal static class ReferrerJson
{
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

    /// <summary>No less than what <see cref="Write"/> writes: a character becomes six bytes at most.</summary>
    public static long EstimateBytes(Referrer referrer) =>
        512 + (6L * ((referrer.ArtifactType?.Length ?? 0) + (referrer.Annotations?.Sum(static pair => pair.Key.Length + pair.Value.Length + 2) ?? 0)));
}
