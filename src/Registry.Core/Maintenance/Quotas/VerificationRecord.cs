using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Content.Records;

namespace Registry.Maintenance.Quotas;

/// <summary>When quotas were last verified, and of what, so that several nodes do not all do the same.</summary>
internal sealed record VerificationRecord : IRecord<VerificationRecord>
{
    public string Nonce { get; init; } = "";

    /// <summary>A digest of what had a quota; empty where all is to be counted anew, whatever has one.</summary>
    public required string Quotas { get; init; }

    public DateTimeOffset? Finished { get; init; }

    public VerificationRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, VerificationJson.Default.VerificationRecord);

    public static VerificationRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, VerificationJson.Default.VerificationRecord) ?? throw new JsonException("null");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VerificationRecord))]
internal sealed partial class VerificationJson : JsonSerializerContext;
