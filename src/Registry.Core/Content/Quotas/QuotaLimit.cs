namespace Registry.Content.Quotas;

/// <summary>The most that a scope may hold of something.</summary>
/// <param name="Value">How many bytes, or tags.</param>
/// <param name="Source">What messages call the quota that says so: whose it is.</param>
internal readonly record struct QuotaLimit(long Value, string Source);
