namespace Registry.Maintenance.Scrubbing;

/// <summary>Spells the keys of what scrubs keep.</summary>
internal static class ScrubKeys
{
    /// <summary>How far a scrub came, and its report.</summary>
    public const string Progress = "maintenance/scrub/progress";

    /// <summary>Data that no record named in the last scrub.</summary>
    public const string Suspects = "maintenance/scrub/suspects";

    private const string QuarantinePrefix = "quarantine/";

    /// <summary>Prefix of the records of quarantined bytes.</summary>
    public const string QuarantinedDataPrefix = "quarantine/data/";

    /// <summary>Prefix of copies of records that were no records.</summary>
    public const string QuarantinedRecordsPrefix = "quarantine/records/";

    /// <summary>The record that keeps bytes in quarantine: one for each data key, so that writing it twice is writing it once.</summary>
    public static string Quarantined(string dataKey) => QuarantinePrefix + dataKey;

    public static string QuarantinedRecord(string key, string id) => $"{QuarantinedRecordsPrefix}{key}!{id}";
}
