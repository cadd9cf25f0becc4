using System.Text.Json;
using Registry.Content.Records;

namespace Registry.Content.Quotas;

/// <summary>
/// How much of its limits a scope uses. One record decides: whoever is to hold more puts it conditionally, so that the limit is kept exactly however many push at once. Beside the sums it has the
/// latest changes one by one, so that who counts the same thing twice, or counts while others push, is noticed.
/// </summary>
internal sealed record QuotaRecord : IRecord<QuotaRecord>
{
    public string Nonce { get; init; } = "";

    /// <summary>The bytes in use, with what is being pushed now.</summary>
    public long Bytes { get; init; }

    public long Tags { get; init; }

    /// <summary>When a recount last came to its end.</summary>
    public DateTimeOffset? Verified { get; init; }

    /// <summary>The number of the next change.</summary>
    public long Next { get; init; }

    /// <summary>The highest number of a change that is no longer among <see cref="Changes"/>; below zero when all are.</summary>
    public long Dropped { get; init; } = -1;

    public IReadOnlyList<QuotaChange> Changes { get; init; } = [];

    /// <summary>The recount that is under way.</summary>
    public QuotaScan? Scan { get; init; }

    public QuotaRecord WithNonce(string nonce) => this with { Nonce = nonce };

    public ReadOnlyMemory<byte> Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.QuotaRecord);

    public static QuotaRecord Decode(ReadOnlyMemory<byte> content) =>
        JsonSerializer.Deserialize(content.Span, RecordJson.Default.QuotaRecord) ?? throw new JsonException("null");
}

/// <summary>The newest that is known of one item.</summary>
/// <param name="Item">The item's key.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Number">When it was last changed, in the order of all changes.</param>
/// <param name="Counted">Whether the sums have it in them.</param>
/// <param name="Owners">Who is about to hold it, or to let it go: while there are any, only they know whether it is held.</param>
internal sealed record QuotaChange(string Item, long Size, long Number, bool Counted, IReadOnlyList<string> Owners);

/// <summary>A recount under way. Items up to the cursor have been counted, so that what changes about them changes its sums too; it will come by the others.</summary>
/// <param name="Id">The recount.</param>
/// <param name="At">When it was last heard of.</param>
/// <param name="Cursor">The last item that was counted; <see langword="null"/> before the first.</param>
/// <param name="Bytes">The bytes counted so far.</param>
/// <param name="Tags">The tags counted so far.</param>
internal sealed record QuotaScan(string Id, DateTimeOffset At, string? Cursor, long Bytes, long Tags);
