using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Content.Records;

namespace Registry.Maintenance.Scrubbing;

/// <summary>The parts of a scrub, in the order in which they are done.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ScrubPhase>))]
internal enum ScrubPhase
{
    [JsonStringEnumMemberName("blobs")]
    Blobs,

    [JsonStringEnumMemberName("repositories")]
    Repositories,

    [JsonStringEnumMemberName("uploads")]
    Uploads,

    [JsonStringEnumMemberName("orphans")]
    Orphans,

    [JsonStringEnumMemberName("done")]
    Done,
}

/// <summary>How far a scrub came. Whoever goes on with it puts this record over what it read; whoever loses that race stops.</summary>
internal sealed record ScrubRecord : IRecord<ScrubRecord>
{
    public string Nonce { get; init; } = "";

    public required ScrubPhase Phase { get; init; }

    /// <summary>The last key of the phase that was dealt with.</summary>
    public string? After { get; init; }

    /// <summary>Whether nobody is at it: it came to its end or was stopped in good order.</summary>
    public bool IsIdle { get; init; }

    public DateTimeOffset Updated { get; init; }

    public required ScrubReport Report { get; init; }

    public ScrubRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ScrubJson.Default.ScrubRecord);

    public static ScrubRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, ScrubJson.Default.ScrubRecord) ?? throw new JsonException("null");
}

/// <summary>Data keys that no record named and no session wrote, when a scrub looked. They go when a whole later look at all records finds the same.</summary>
internal sealed record SuspectsRecord : IRecord<SuspectsRecord>
{
    public string Nonce { get; init; } = "";

    public required IReadOnlyList<string> Data { get; init; }

    public SuspectsRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ScrubJson.Default.SuspectsRecord);

    public static SuspectsRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, ScrubJson.Default.SuspectsRecord) ?? throw new JsonException("null");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ScrubRecord))]
[JsonSerializable(typeof(SuspectsRecord))]
[JsonSerializable(typeof(QuarantineRecord))]
internal sealed partial class ScrubJson : JsonSerializerContext;
