using System.Text.Json;
using System.Text.Json.Serialization;

namespace Registry.Content.Records;

[JsonConverter(typeof(JsonStringEnumConverter<ManifestState>))]
internal enum ManifestState
{
    /// <summary>The manifest is being pushed: its refs count, and nobody can pull it.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,

    /// <summary>The manifest can be pulled.</summary>
    [JsonStringEnumMemberName("live")]
    Live,

    /// <summary>The manifest was deleted, or its push given up.</summary>
    [JsonStringEnumMemberName("deleted")]
    Deleted,
}

/// <summary>A manifest: a line of JSON about it, then its bytes as they were pushed.</summary>
internal sealed record ManifestRecord : IRecord<ManifestRecord>
{
    public string Nonce { get; init; } = "";

    public required ManifestState State { get; init; }

    /// <summary>New whenever the manifest comes into being: refs count only in the generation that the record has.</summary>
    public required string Generation { get; init; }

    public required string MediaType { get; init; }

    public DateTimeOffset Pushed { get; init; }

    /// <summary>
    /// When a collector found the manifest unneeded: it can be pulled still, and goes when it is unneeded later too. Whoever needs it takes this away.
    /// </summary>
    public DateTimeOffset? CondemnedAt { get; init; }

    /// <summary>The manifest's bytes, verbatim; empty once it is deleted.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Whether a tag leads here that was pointed at a generation of the manifest: a later one is another manifest to it.</summary>
    public bool IsThereIn(string? generation) => State != ManifestState.Deleted && Generation == generation;

    public ManifestRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode()
    {
        byte[] header = JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.ManifestRecord);
        byte[] whole = new byte[header.Length + 1 + Content.Length];
        header.CopyTo(whole, 0);
        whole[header.Length] = (byte)'\n';
        Content.CopyTo(whole.AsMemory(header.Length + 1));
        return whole;
    }

    public static ManifestRecord Decode(ReadOnlyMemory<byte> content)
    {
        int line = content.Span.IndexOf((byte)'\n');
        if (line < 0)
        {
            throw new JsonException("A manifest record begins with a line of JSON.");
        }

        ManifestRecord header = JsonSerializer.Deserialize(content.Span[..line], RecordJson.Default.ManifestRecord) ?? throw new JsonException("null");
        return header with { Content = content[(line + 1)..] };
    }
}
