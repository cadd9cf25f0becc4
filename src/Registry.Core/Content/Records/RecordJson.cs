using System.Text.Json.Serialization;

namespace Registry.Content.Records;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BlobRecord))]
[JsonSerializable(typeof(UploadRecord))]
[JsonSerializable(typeof(TagRecord))]
[JsonSerializable(typeof(ManifestRecord))]
[JsonSerializable(typeof(FormatRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
