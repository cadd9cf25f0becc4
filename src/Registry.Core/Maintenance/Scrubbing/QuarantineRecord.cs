using System.Text.Json;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Bytes that are kept although no blob's record names them any more, because they are not what they should be.</summary>
internal sealed record QuarantineRecord
{
    /// <summary>The key of the bytes.</summary>
    public required string Data { get; init; }

    /// <summary>The blob that they were.</summary>
    public required string Digest { get; init; }

    /// <summary>How many bytes the blob has.</summary>
    public required long Size { get; init; }

    public required ScrubFindingKind Reason { get; init; }

    public required DateTimeOffset Found { get; init; }

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ScrubJson.Default.QuarantineRecord);

    public static QuarantineRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, ScrubJson.Default.QuarantineRecord) ?? throw new JsonException("null");
}
