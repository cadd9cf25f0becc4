using System.Text.Json.Serialization;
using Registry.Content.Quotas;

namespace Registry.Content.Records;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BlobRecord))]
[JsonSerializable(typeof(UploadRecord))]
[JsonSerializable(typeof(TagRecord))]
[JsonSerializable(typeof(ManifestRecord))]
[JsonSerializable(typeof(FormatRecord))]
[JsonSerializable(typeof(QuotaRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
