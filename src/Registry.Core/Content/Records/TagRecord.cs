using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Model;

namespace Registry.Content.Records;

/// <summary>
/// Where a tag points. A deleted tag leaves its record behind with no digest: a record's key must not be removed blindly while someone may be
/// writing it. What listings and reverse look-ups read are markers whose keys carry a generation and so are never used twice.
/// </summary>
internal sealed record TagRecord : IRecord<TagRecord>
{
    public string Nonce { get; init; } = "";

    /// <summary>The manifest's digest, or <see langword="null"/> when the tag is deleted.</summary>
    public string? Digest { get; init; }

    /// <summary>The generation that the manifest had. Whoever deletes that generation takes the tag along; a later one is none of his business.</summary>
    public string? ManifestGeneration { get; init; }

    /// <summary>New at every write: the <c>tagged</c> marker of this generation is the one that counts.</summary>
    public required string Generation { get; init; }

    /// <summary>New each time the tag comes into being: the <c>tag-names</c> marker of this generation is the one that counts.</summary>
    public string? Listed { get; init; }

    /// <summary>
    /// Of a deleted tag: the markers it had. Whoever deleted it removes them after it, and may have stopped in between; whoever touches the tag next removes
    /// them then, or a tag that is not there would be listed.
    /// </summary>
    public TagMarkers? Former { get; init; }

    /// <summary>
    /// Of a deleted tag: whether it went because its manifest did, and not because somebody deleted the tag. A push that pointed it and finds its manifest gone begins again and points it again then.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WithManifest { get; init; }

    public DateTimeOffset Updated { get; init; }

    /// <summary>The last changes of where the tag points, the newest first. It outlives the tag, as long as the record does.</summary>
    public IReadOnlyList<TagStep>? History { get; init; }

    /// <summary>The digest of the manifest that it points at. It must not be that of a deleted tag.</summary>
    /// <exception cref="InvalidDataException">What it says is none.</exception>
    public Digest ReadDigest() =>
        Model.Digest.TryParse(Digest, out Digest digest) ? digest : throw new InvalidDataException($"A tag's record points at '{Digest}', which is no digest.");

    public TagRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.TagRecord);

    public static TagRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, RecordJson.Default.TagRecord) ?? throw new JsonException("null");
}

/// <summary>What the keys of a tag's markers are made of.</summary>
/// <param name="Digest">The manifest that the tag pointed at.</param>
/// <param name="Generation">The generation of the <c>tagged</c> marker.</param>
/// <param name="Listed">The generation of the <c>tag-names</c> marker, if it is to go too.</param>
internal sealed record TagMarkers(string Digest, string Generation, string? Listed);
