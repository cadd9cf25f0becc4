using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Content.Records;

namespace Registry.Maintenance.Collection;

/// <summary>How far a part of a scan is, and who works at it. Losing it costs work and nothing else.</summary>
internal sealed record ScanRecord : IRecord<ScanRecord>
{
    public string Nonce { get; init; } = "";

    /// <summary>The host that works at it, or <see langword="null"/>.</summary>
    public string? Owner { get; init; }

    /// <summary>Until when the host may be silent.</summary>
    public DateTimeOffset Until { get; init; }

    public DateTimeOffset Began { get; init; }

    /// <summary>When it was last finished.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Everything up to here was looked at.</summary>
    public string Position { get; init; } = "";

    /// <summary>What was counted so far, or in all when it is finished.</summary>
    public CollectionCounts Counts { get; init; } = new();

    public ScanRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ScanJson.Default.ScanRecord);

    public static ScanRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, ScanJson.Default.ScanRecord) ?? throw new JsonException("null");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScanRecord))]
internal sealed partial class ScanJson : JsonSerializerContext;
