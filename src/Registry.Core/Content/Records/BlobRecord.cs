using System.Text.Json;
using System.Text.Json.Serialization;

namespace Registry.Content.Records;

[JsonConverter(typeof(JsonStringEnumConverter<BlobState>))]
internal enum BlobState
{
    /// <summary>The blob's data is there.</summary>
    [JsonStringEnumMemberName("live")]
    Live,

    /// <summary>Nothing referred to the blob when a collector looked. Whoever needs it puts it back to live.</summary>
    [JsonStringEnumMemberName("condemned")]
    Condemned,

    /// <summary>The blob's data is being removed. A new upload may put the record over it.</summary>
    [JsonStringEnumMemberName("gone")]
    Gone,
}

/// <summary>Says under which key a blob's bytes are. Its state is the one place where it is decided whether the blob exists.</summary>
internal sealed record BlobRecord : IRecord<BlobRecord>
{
    public string Nonce { get; init; } = "";

    public required BlobState State { get; init; }

    /// <summary>The key of the bytes.</summary>
    public required string Data { get; init; }

    public required long Size { get; init; }

    /// <summary>When it was condemned.</summary>
    public DateTimeOffset? CondemnedAt { get; init; }

    /// <summary>
    /// Whether a sweeper took away an upload that was to become this blob. Whoever finished that upload may still be about to put its record where it saw none, so that this key must never
    /// be without a record again.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Burnt { get; init; }

    public BlobRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.BlobRecord);

    public static BlobRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, RecordJson.Default.BlobRecord) ?? throw new JsonException("null");
}
