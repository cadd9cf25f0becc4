using System.Text.Json;
using System.Text.Json.Serialization;

namespace Registry.Content.Records;

[JsonConverter(typeof(JsonStringEnumConverter<UploadState>))]
internal enum UploadState
{
    /// <summary>The session takes bytes.</summary>
    [JsonStringEnumMemberName("open")]
    Open,

    /// <summary>Someone is making the session's bytes a blob; nobody else may touch them.</summary>
    [JsonStringEnumMemberName("committing")]
    Committing,

    /// <summary>The session was cancelled or swept; its bytes are being removed.</summary>
    [JsonStringEnumMemberName("expired")]
    Expired,
}

/// <summary>An upload session, kept so that any node can go on with it.</summary>
internal sealed record UploadRecord : IRecord<UploadRecord>
{
    public string Nonce { get; init; } = "";

    public required UploadState State { get; init; }

    public required string Repository { get; init; }

    /// <summary>The store's resume token.</summary>
    public required string Token { get; init; }

    /// <summary>How many bytes have been accepted.</summary>
    public long Offset { get; init; }

    /// <summary>The algorithm that the prefix is hashed with.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The digest of the accepted bytes, or <see langword="null"/> when the session moved between nodes and they must be read again.</summary>
    public string? PrefixDigest { get; init; }

    /// <summary>What is being committed.</summary>
    public string? Digest { get; init; }

    public DateTimeOffset Started { get; init; }

    public DateTimeOffset Touched { get; init; }

    public UploadRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.UploadRecord);

    public static UploadRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, RecordJson.Default.UploadRecord) ?? throw new JsonException("null");
}
