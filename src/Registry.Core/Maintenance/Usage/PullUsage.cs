namespace Registry.Maintenance.Usage;

/// <summary>How often something was pulled, as far as it has been written: the newest pulls are counted in memory for a while first.</summary>
/// <param name="Pulls">How many pulls there were. A host that crashed took those of its last interval along.</param>
/// <param name="LastPulled">When the last of them was, or when it was last asked for without being pulled (HEAD), to the second; <see langword="null"/> where neither is known.</param>
/// <param name="CountedSince">Since when pulls have been counted; <see langword="null"/> where they have not been yet. What was pulled before is not known.</param>
public sealed record PullUsage(long Pulls, DateTimeOffset? LastPulled, DateTimeOffset? CountedSince);
