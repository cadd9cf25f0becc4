using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Retention;
using Registry.Maintenance.Scrubbing;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Keeps a registry small and whole when the host's code asks for it, beside the schedule. A service of the registry, keyed by its name.</summary>
public interface IRegistryMaintenance
{
    /// <summary>
    /// Collects what nothing needs, in every store of the registry's feeds. In the same process one run goes on at a time: this one waits for the one before. Parts of the scan that other hosts are at are left to them.
    /// </summary>
    /// <param name="dryRun">Whether to change nothing and say what would go.</param>
    /// <param name="cancellationToken">Ends the run; the next one goes on where it stopped.</param>
    /// <returns>A report for each store.</returns>
    Task<IReadOnlyList<CollectionReport>> CollectAsync(bool dryRun, CancellationToken cancellationToken);

    /// <summary>The same, and tells of each thing.</summary>
    /// <param name="dryRun">Whether to change nothing and say what would go.</param>
    /// <param name="onItem">Told of each thing that is condemned, restored or removed, or would be, one at a time, while the run goes on, which waits for it.</param>
    /// <param name="cancellationToken">Ends the run; the next one goes on where it stopped.</param>
    /// <returns>A report for each store.</returns>
    Task<IReadOnlyList<CollectionReport>> CollectAsync(bool dryRun, Func<CollectionItem, CancellationToken, ValueTask>? onItem, CancellationToken cancellationToken);

    /// <summary>Reads how far collections are, whichever hosts are at them, and what they have come to so far. A host says so several times in <see cref="CollectionOptions.LeaseDuration"/>.</summary>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>The progress for each store.</returns>
    Task<IReadOnlyList<CollectionProgress>> ReadCollectionProgressAsync(CancellationToken cancellationToken);

    /// <summary>What the last collection of this host came to, for each store, also where it failed or was stopped in the middle; empty before the first.</summary>
    IReadOnlyList<CollectionReport> LastCollection { get; }

    /// <summary>
    /// Carries out the rules on what feeds keep (<see cref="Feed.Retention"/>). In the same process one run goes on at a time: this one waits for the one before. A feed that another host is at is left to that one, and one whose
    /// store fails to the next run, which its report says (<see cref="RetentionReport.StoppedBecause"/>); one that a run was stopped at is gone on with.
    /// </summary>
    /// <param name="feed">The feed by its own name, empty for the default feed; <see langword="null"/> takes all that have rules and are not read-only.</param>
    /// <param name="onItem">Told of each tag and manifest that a rule names, while the run goes on; a report has only the first <see cref="RetentionReport.MaxItems"/>.</param>
    /// <param name="cancellationToken">Ends the run; the next one goes on where it stopped. What it did by then, <see cref="LastRetention"/> says.</param>
    /// <returns>A report for each feed.</returns>
    /// <exception cref="InvalidOperationException">There is no such feed, or it is disabled.</exception>
    Task<IReadOnlyList<RetentionReport>> ApplyRetentionAsync(string? feed, Func<RetentionItem, CancellationToken, ValueTask>? onItem, CancellationToken cancellationToken);

    /// <summary>Says what rules would do now, with the reason for each tag and manifest, and changes nothing.</summary>
    /// <param name="feed">The feed by its own name, empty for the default feed; <see langword="null"/> takes all that have rules.</param>
    /// <param name="rules">Rules to try out; <see langword="null"/> takes the feed's own.</param>
    /// <param name="onItem">Told of each tag and manifest that a rule names, while the run goes on.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>A report for each feed.</returns>
    /// <exception cref="InvalidOperationException">There is no such feed, or it is disabled.</exception>
    /// <exception cref="ArgumentException">The rules have mistakes, all of which are named.</exception>
    Task<IReadOnlyList<RetentionReport>> TryRetentionAsync(string? feed, IReadOnlyList<RetentionRule>? rules, Func<RetentionItem, CancellationToken, ValueTask>? onItem, CancellationToken cancellationToken);

    /// <summary>What the last run of rules of this host came to, for each feed, also where an exception or its token ended it; empty before the first.</summary>
    IReadOnlyList<RetentionReport> LastRetention { get; }

    /// <summary>
    /// Reads every store of the registry's feeds again, checks it, and mends what can be, as <see cref="MaintenanceOptions.Scrub"/> says. In the same process one goes on at a time: this one waits for the one before. A scrub that was
    /// stopped is gone on with; one that another host is at is left to that one, and its report has no end.
    /// </summary>
    /// <param name="dryRun">Whether to report only. A dry run begins at the beginning and cannot be gone on with.</param>
    /// <param name="cancellationToken">Stops it; run again, it goes on.</param>
    /// <returns>A report for each store.</returns>
    /// <exception cref="IOException">A store failed; the others have been scrubbed. Run again, it goes on.</exception>
    Task<IReadOnlyList<ScrubReport>> ScrubAsync(bool dryRun, CancellationToken cancellationToken);

    /// <summary>Reads the reports of the last scrubs, of whatever host, or of those under way.</summary>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>A report for each store that was scrubbed.</returns>
    Task<IReadOnlyList<ScrubReport>> ReadScrubReportsAsync(CancellationToken cancellationToken);
}
