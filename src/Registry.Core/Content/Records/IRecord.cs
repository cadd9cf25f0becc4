namespace Registry.Content.Records;

/// <summary>
/// A small object that changes only by conditional put. It carries a nonce that is new at every write: two states that are otherwise equal differ in it
/// (an ETag may be a hash of the content, which would hide that a record went away and came back), and it answers "was that my write?" after a
/// lost response.
/// </summary>
internal interface IRecord<TSelf>
    where TSelf : class, IRecord<TSelf>
{
    string Nonce { get; }

    TSelf WithNonce(string nonce);

    ReadOnlyMemory<byte> Encode();

    static abstract TSelf Decode(ReadOnlyMemory<byte> content);
}

/// <summary>A record as it was read, with what a conditional put over it needs.</summary>
internal sealed record Versioned<T>(T Record, string ETag, DateTimeOffset LastModified)
    where T : class, IRecord<T>;

/// <summary>The outcome of a conditional put: the record is <paramref name="Current"/> now, whoever wrote it.</summary>
internal readonly record struct PutOutcome<T>(bool Won, Versioned<T>? Current)
    where T : class, IRecord<T>;
