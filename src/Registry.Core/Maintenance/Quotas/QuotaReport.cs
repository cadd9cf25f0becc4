namespace Registry.Maintenance.Quotas;

/// <summary>What a recount of quotas came to.</summary>
/// <param name="Verified">How many feeds and repositories with a quota were counted to the end.</param>
/// <param name="Corrected">How many of these had another sum before.</param>
/// <param name="Unverified">How many could not be counted now, since too much happened in them meanwhile; the next recount does.</param>
public sealed record QuotaReport(long Verified, long Corrected, long Unverified);
