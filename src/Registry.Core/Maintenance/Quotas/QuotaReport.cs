namespace Registry.Maintenance.Quotas;

/// <summary>What a recount of quotas came to.</summary>
/// <param name="Verified">How many feeds and repositories with a quota were counted to the end.</param>
/// <param name="Corrected">How many of these had another sum before.</param>
/// <param name="Unverified">How many could not be counted now, since too much happened in them meanwhile; the next recount does.</param>
public sealed record QuotaReport(long Verified, long Corrected, long Unverified)
{
    /// <summary>
    /// How many records could not be read and were passed over: what they stand for counts as not held. One that several quotas would count may be in it several times. A scrub tells which they are, and a recount after they were
    /// mended counts them.
    /// </summary>
    public long Unreadable { get; init; }

    /// <summary>What two recounts came to.</summary>
    internal QuotaReport And(QuotaReport other) =>
        new(Verified + other.Verified, Corrected + other.Corrected, Unverified + other.Unverified) { Unreadable = Unreadable + other.Unreadable };
}
