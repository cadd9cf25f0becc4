using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Content.Records;

namespace Registry.Maintenance.Usage;

/// <summary>A part of what is known of a repository's pulls. Several nodes add to it, so it only ever grows by sums and maxima, until what it knows of things that are gone is left out.</summary>
internal sealed record UsageRecord : IRecord<UsageRecord>
{
    public string Nonce { get; init; } = "";

    /// <summary>All pulls of manifests that were noted here, of those too that are gone.</summary>
    public long Pulls { get; init; }

    /// <summary>When the last of them was, or the last use that is no pull, in Unix seconds.</summary>
    public long? LastPulled { get; init; }

    /// <summary>Up to when there may have been pulls that the entries do not show, in Unix seconds: there was no room for them.</summary>
    public long? UnknownUntil { get; init; }

    /// <summary>When things that are gone were last looked for, in Unix seconds.</summary>
    public long? Pruned { get; init; }

    /// <summary>The pulls of manifests by their digests, and of tags.</summary>
    public IReadOnlyDictionary<string, PullCount> Entries { get; init; } = new Dictionary<string, PullCount>(StringComparer.Ordinal);

    public UsageRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, UsageJson.Default.UsageRecord);

    public static UsageRecord Decode(ReadOnlyMemory<byte> content)
    {
        try
        {
            return JsonSerializer.Deserialize(content.Span, UsageJson.Default.UsageRecord) ?? Unreadable;
        }
        catch (JsonException)
        {
            return Unreadable;
        }
    }

    // Counts are not worth a failure: what cannot be read is written anew, and until then everything may have been pulled a moment ago.
    private static UsageRecord Unreadable => new() { UnknownUntil = long.MaxValue };
}

/// <summary>Since when all pulls are in the records of a store.</summary>
internal sealed record UsageSinceRecord : IRecord<UsageSinceRecord>
{
    public string Nonce { get; init; } = "";

    public required DateTimeOffset Since { get; init; }

    public UsageSinceRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, UsageJson.Default.UsageSinceRecord);

    public static UsageSinceRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, UsageJson.Default.UsageSinceRecord) ?? throw new JsonException("null");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UsageRecord))]
[JsonSerializable(typeof(UsageSinceRecord))]
internal sealed partial class UsageJson : JsonSerializerContext;
