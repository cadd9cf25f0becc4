using System.Text.Json;
using System.Text.Unicode;
using Registry.Errors;

namespace Registry.Model.Manifests;

/// <summary>
/// Reads manifests strictly where a mistake would make two readers disagree about what a manifest names (duplicate keys, keys that differ only in
/// case, a document that is an image and an index at once), and leniently everywhere else: unknown fields and types pass.
/// </summary>
internal static class ManifestParser
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private static readonly string[] ManifestKeys =
        ["schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations"];

    private static readonly string[] DescriptorKeys =
        ["mediaType", "artifactType", "digest", "size", "urls", "data", "annotations", "platform"];

    /// <summary>Reads a manifest.</summary>
    /// <param name="content">Its bytes.</param>
    /// <param name="contentType">The type it was sent as, without parameters, or <see langword="null"/> to go by the document.</param>
    /// <exception cref="RegistryException">The document is no manifest of a supported type.</exception>
    public static ManifestDocument Parse(ReadOnlyMemory<byte> content, string? contentType)
    {
        if (!Utf8.IsValid(content.Span))
        {
            throw Invalid("The manifest is no UTF-8 text.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(content, Options);
            return Read(document.RootElement, contentType);
        }
        catch (JsonException e)
        {
            throw new RegistryException(RegistryErrorCode.ManifestInvalid, $"The manifest is no valid JSON document: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // What the JSON reader throws for a text that is no Unicode, which it only notices when the text is asked for.
            throw new RegistryException(RegistryErrorCode.ManifestInvalid, "The manifest has a text that is not valid Unicode.", e);
        }
    }

    private static ManifestDocument Read(JsonElement root, string? contentType)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("A manifest is a JSON object.");
        }

        RejectCaseVariants(root, ManifestKeys, "manifest");
        string mediaType = DecideMediaType(root, contentType);
        if (!root.TryGetProperty("schemaVersion", out JsonElement version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number) || number != 2)
        {
            throw Invalid("schemaVersion must be the number 2.");
        }

        bool index = MediaTypes.IsIndex(mediaType);
        string[] foreign = index ? ["config", "layers"] : ["manifests"];
        foreach (string key in foreign)
        {
            if (root.TryGetProperty(key, out _))
            {
                throw Invalid($"A manifest of type {mediaType} must not have '{key}'.");
            }
        }

        bool oci = mediaType is MediaTypes.OciManifest or MediaTypes.OciIndex;
        Descriptor? config = index ? null : ReadDescriptor(Required(root, "config"), "config");
        string? artifactType = ReadArtifactType(root);
        return new ManifestDocument
        {
            MediaType = mediaType,
            Config = config,
            Layers = index ? [] : ReadDescriptors(root, "layers"),
            Manifests = index ? ReadDescriptors(root, "manifests") : [],
            Subject = oci && root.TryGetProperty("subject", out JsonElement subject) && subject.ValueKind != JsonValueKind.Null
                ? ReadDescriptor(subject, "subject")
                : null,
            ArtifactType = string.IsNullOrEmpty(artifactType) ? config?.MediaType : artifactType,
            Annotations = ReadAnnotations(root, "annotations"),
        };
    }

    private static string DecideMediaType(JsonElement root, string? contentType)
    {
        string? inside = null;
        if (root.TryGetProperty("mediaType", out JsonElement element))
        {
            inside = element.ValueKind == JsonValueKind.String ? element.GetString() : throw Invalid("mediaType must be a string.");
            inside = inside is "" ? null : inside;
        }

        string mediaType = contentType ?? inside ?? (root.TryGetProperty("manifests", out _) ? MediaTypes.OciIndex : MediaTypes.OciManifest);
        if (mediaType is MediaTypes.DockerSchema1 or MediaTypes.DockerSchema1Signed)
        {
            throw Invalid("Docker image manifests of schema 1 are not supported; push schema 2 or an OCI image manifest.");
        }

        if (!MediaTypes.IsImage(mediaType) && !MediaTypes.IsIndex(mediaType))
        {
            throw Invalid(
                $"Manifests of type '{Shorten(mediaType)}' are not supported. Supported are {MediaTypes.OciManifest}, {MediaTypes.OciIndex}, {MediaTypes.DockerManifest} and {MediaTypes.DockerManifestList}.");
        }

        if (inside is not null && inside != mediaType)
        {
            throw Invalid($"The manifest was sent as {mediaType} and says of itself that it is '{Shorten(inside)}'.");
        }

        if (inside is null && mediaType is MediaTypes.DockerManifest or MediaTypes.DockerManifestList)
        {
            throw Invalid($"A manifest of type {mediaType} must have that mediaType inside.");
        }

        return mediaType;
    }

    private static List<Descriptor> ReadDescriptors(JsonElement root, string key)
    {
        JsonElement array = Required(root, key);
        if (array.ValueKind == JsonValueKind.Null)
        {
            return []; // What Go writes for a slice without elements.
        }

        if (array.ValueKind != JsonValueKind.Array)
        {
            throw Invalid($"'{key}' must be an array of descriptors.");
        }

        var descriptors = new List<Descriptor>(array.GetArrayLength());
        foreach (JsonElement element in array.EnumerateArray())
        {
            descriptors.Add(ReadDescriptor(element, $"{key}[{descriptors.Count}]"));
        }

        return descriptors;
    }

    private static Descriptor ReadDescriptor(JsonElement element, string where)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"'{where}' must be a descriptor.");
        }

        RejectCaseVariants(element, DescriptorKeys, where);
        string? mediaType = ReadString(element, "mediaType", where);
        if (string.IsNullOrEmpty(mediaType))
        {
            throw Invalid($"'{where}.mediaType' must be a media type.");
        }

        if (!Digest.TryParse(ReadString(element, "digest", where), out Digest digest))
        {
            throw Invalid($"'{where}.digest' must be a digest such as sha256:… with 64 lower-case hexadecimal characters.");
        }

        if (!element.TryGetProperty("size", out JsonElement size) || size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out long bytes) || bytes < 0)
        {
            throw Invalid($"'{where}.size' must be a whole number of bytes, 0 or more.");
        }

        ReadAnnotations(element, $"{where}.annotations");
        return new Descriptor(mediaType, digest, bytes);
    }

    private static string? ReadArtifactType(JsonElement root)
    {
        if (!root.TryGetProperty("artifactType", out JsonElement element) || element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return element.ValueKind == JsonValueKind.String ? element.GetString() : throw Invalid("artifactType must be a string.");
    }

    private static Dictionary<string, string>? ReadAnnotations(JsonElement parent, string where)
    {
        if (!parent.TryGetProperty("annotations", out JsonElement element) || element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"'{where}' must be an object whose values are strings.");
        }

        var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            annotations[property.Name] = property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : throw Invalid($"'{where}' must be an object whose values are strings; '{Shorten(property.Name)}' is none.");
        }

        return annotations;
    }

    private static string? ReadString(JsonElement element, string key, string where)
    {
        if (!element.TryGetProperty(key, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Invalid($"'{where}.{key}' must be a string.");
    }

    private static JsonElement Required(JsonElement root, string key) =>
        root.TryGetProperty(key, out JsonElement value) ? value : throw Invalid($"The manifest has no '{key}'.");

    // Clients written in Go match keys without regard to case, and the last one wins: what such a document names depends on who reads it.
    private static void RejectCaseVariants(JsonElement element, string[] keys, string where)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = property.Name;
            foreach (string key in keys)
            {
                if (name.Length == key.Length && name != key && Fold(name).Equals(key, StringComparison.OrdinalIgnoreCase))
                {
                    throw Invalid($"'{name}' in '{where}' differs from '{key}' only in case.");
                }
            }
        }
    }

    // They fold by Unicode, where the long s and the Kelvin sign are the same letters as 's' and 'k'; ordinal comparison keeps those apart.
    private static string Fold(string name) => name.Replace('\u017f', 's').Replace('\u212a', 'k');

    private static string Shorten(string text) => text.Length <= 100 ? text : string.Concat(text.AsSpan(0, 100), "…");

    private static RegistryException Invalid(string message) => new(RegistryErrorCode.ManifestInvalid, message);
}
