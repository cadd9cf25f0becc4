using Registry.Maintenance.Quotas;

namespace Registry.AspNetCore.Quotas;

/// <summary>Tells how much of their quotas feeds and repositories use, and counts it anew. A service of the registry, keyed by its name.</summary>
public interface IQuotaService
{
    /// <summary>How much a feed holds.</summary>
    /// <param name="feed">The feed's own name; empty for the default feed.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns>What is used and what is allowed, or <see langword="null"/> where the feed has no quota, and so is not measured.</returns>
    /// <exception cref="InvalidOperationException">There is no such feed, or it is disabled.</exception>
    ValueTask<QuotaUsage?> GetUsageAsync(string feed, CancellationToken cancellationToken);

    /// <summary>How much a repository holds.</summary>
    /// <param name="feed">The feed's own name; empty for the default feed.</param>
    /// <param name="repository">The repository's name within the feed.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns>What is used and what is allowed, or <see langword="null"/> where no quota is set for the repository by itself.</returns>
    /// <exception cref="InvalidOperationException">There is no such feed, or it is disabled.</exception>
    /// <exception cref="ArgumentException">The repository's name is none.</exception>
    ValueTask<QuotaUsage?> GetUsageAsync(string feed, string repository, CancellationToken cancellationToken);

    /// <summary>
    /// Counts anew what everything that has a quota holds, while pushes go on. The registry does so by itself when <see cref="MaintenanceOptions.QuotaSchedule"/> says so, and when something comes to have a quota. It can stop at any time and be begun again.
    /// Where another call, or another host, is at a store, this one waits for it and then counts anew.
    /// </summary>
    /// <param name="cancellationToken">Ends the recount; what was not counted to the end stays as it was.</param>
    ValueTask<QuotaReport> VerifyAsync(CancellationToken cancellationToken);
}

/// <summary>How much of a quota is used.</summary>
/// <param name="UsedBytes">The bytes of blobs and manifests, with what is being pushed now. A blob counts once.</param>
/// <param name="AllowedBytes">How many there may be; <see langword="null"/> for no limit.</param>
/// <param name="UsedTags">The tags.</param>
/// <param name="AllowedTags">How many there may be; <see langword="null"/> for no limit.</param>
/// <param name="Verified">When it was last counted anew; <see langword="null"/> where that has not happened, and what was there before the quota is not counted yet.</param>
public sealed record QuotaUsage(long UsedBytes, long? AllowedBytes, long UsedTags, long? AllowedTags, DateTimeOffset? Verified);
