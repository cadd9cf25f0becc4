namespace Registry.Maintenance.Usage;

/// <summary>
/// When the manifests and tags of a repository were last pulled. For each of them it holds a hash and a time, 16 bytes; should two have the same hash, both count as pulled when the later was.
/// </summary>
/// <param name="since">Since when pulls have been counted.</param>
internal sealed class RepositoryUsage(DateTimeOffset since)
{
    private readonly Dictionary<ulong, long> _last = [];
    private long _unknownUntil = since.ToUnixTimeSeconds();

    /// <summary>Until when something may have been in use, as far as pulls tell: when it was last pulled, and no earlier than pulls have all been counted.</summary>
    /// <param name="name">A manifest's digest or a tag.</param>
    public DateTimeOffset LastUsed(string name) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Max(_unknownUntil, _last.GetValueOrDefault(NameHash.Of(name))));

    /// <summary>The later of two times, of which there may be one.</summary>
    public static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    public void Add(UsageRecord record, DateTimeOffset now)
    {
        _unknownUntil = Math.Max(_unknownUntil, Math.Min(record.UnknownUntil ?? 0, now.ToUnixTimeSeconds()));
        foreach ((string name, PullCount count) in record.Entries)
        {
            ulong hash = NameHash.Of(name);
            _last[hash] = Math.Max(count.Last, _last.GetValueOrDefault(hash));
        }
    }
}
