using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Content.Records;

namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>
/// What is stored of an API key. A revoked key keeps its record: whoever writes its last use at the same time loses the race against the revocation, and then finds it.
/// </summary>
internal sealed record ApiKeyRecord : IRecord<ApiKeyRecord>
{
    public string Nonce { get; init; } = "";

    public required string Name { get; init; }

    /// <summary>The user whose key it is.</summary>
    public required string Owner { get; init; }

    /// <summary>The validator that knows the owner, where it is asked.</summary>
    public string? OwnerValidator { get; init; }

    /// <summary>The owner's roles, as long as nobody else is asked for them.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    public IReadOnlyList<string> Feeds { get; init; } = [];

    public IReadOnlyList<string> Actions { get; init; } = [];

    /// <summary>SHA-256 of the secret.</summary>
    public required byte[] SecretHash { get; init; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset? Expires { get; init; }

    public DateTimeOffset? Revoked { get; init; }

    public DateTimeOffset? LastUsed { get; init; }

    public ApiKeyRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ApiKeyJson.Default.ApiKeyRecord);

    public static ApiKeyRecord Decode(ReadOnlyMemory<byte> content) => JsonSerializer.Deserialize(content.Span, ApiKeyJson.Default.ApiKeyRecord) ?? throw new JsonException("null");

    public bool IsGoodAt(DateTimeOffset now) => Revoked is null && (Expires is not { } expires || now < expires);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApiKeyRecord))]
internal sealed partial class ApiKeyJson : JsonSerializerContext;
