using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Retention;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Carries out the rules of every feed, one after the other. Of several hosts one is at a feed at a time.</summary>
internal sealed class RetentionJob(FeedDirectory feeds, ContentRoots roots, MaintenanceOptions options, RegistryMetrics metrics, TimeProvider time, ILogger logger) : IMaintenanceJob, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Turns _rounds = new();

    public string Name => "retention";

    public JobSchedule Schedule => options.RetentionSchedule;

    public IReadOnlyList<RetentionReport> Last { get; private set; } = [];

    public async ValueTask<bool> RunAsync(DateTimeOffset notSince, CancellationToken cancellationToken) =>
        (await ApplyAsync(feed: null, notSince, onItem: null, cancellationToken).ConfigureAwait(false)).All(static report => report.StoppedBecause is null);

    /// <summary>Carries out rules.</summary>
    /// <param name="feed">The feed by its own name; <see langword="null"/> takes all that have rules.</param>
    /// <param name="notSince">Feeds whose rules were carried out after this are left; <see langword="null"/> leaves none.</param>
    /// <param name="onItem">Told of each thing that a rule names.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public async Task<IReadOnlyList<RetentionReport>> ApplyAsync(string? feed, DateTimeOffset? notSince, Func<RetentionItem, CancellationToken, ValueTask>? onItem, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        var reports = new List<RetentionReport>();
        try
        {
            if (feed is null)
            {
                await _rounds.RunAsync([.. feeds.Current.Feeds.Select(static one => one.Name)], LookAsync).ConfigureAwait(false);
            }
            else
            {
                await LookAsync(Find(feeds.Current, feed).Name).ConfigureAwait(false);
            }

            return reports;
        }
        finally
        {
            // Also of a run that is ended by an exception: what it did, it did.
            Last = reports.Count > 0 ? reports : Last;
            _turn.Release();
        }

        async ValueTask LookAsync(string name)
        {
            // As it is now: those before it may have taken hours.
            if (feeds.Current.FindByName(name) is { } one && (feed is not null || one.Settings is { Retention.Count: > 0, ReadOnly: false }))
            {
                await CarryOutAsync(one, notSince, onItem, reports, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says what rules would do, and changes nothing.</summary>
    /// <param name="feed">The feed by its own name; <see langword="null"/> takes all.</param>
    /// <param name="rules">The rules; <see langword="null"/> takes the feed's own.</param>
    /// <param name="onItem">Told of each thing that a rule names.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public async Task<IReadOnlyList<RetentionReport>> TryAsync(string? feed, IReadOnlyList<RetentionRule>? rules, Func<RetentionItem, CancellationToken, ValueTask>? onItem, CancellationToken cancellationToken)
    {
        var reports = new List<RetentionReport>();
        FeedTable table = feeds.Current; // Of one moment: nothing is removed.
        foreach (ActiveFeed one in feed is null ? table.Feeds.Where(static one => one.Settings.Retention.Count > 0) : [Find(table, feed)])
        {
            ContentRoot root = await roots.OpenAsync(one.Settings.Store, cancellationToken).ConfigureAwait(false);
            reports.Add(await RunnerOf(root, new StoreTime(root.Time)).RunAsync(
                () => table, one, rules ?? [.. one.Settings.Retention], dryRun: true, onItem, progress: null, cancellationToken).ConfigureAwait(false));
        }

        return reports;
    }

    public void Dispose() => _turn.Dispose();

    // Adds no report where it is done.
    private async ValueTask CarryOutAsync(
        ActiveFeed feed, DateTimeOffset? notSince, Func<RetentionItem, CancellationToken, ValueTask>? onItem, List<RetentionReport> reports, CancellationToken cancellationToken)
    {
        DateTimeOffset began = time.GetUtcNow();
        RetentionReport left = new() { Feed = feed.Name, Started = began, Ended = began, StoppedBecause = RetentionRunner.OfAnother };
        ContentRoot root;
        StoreTime clock;
        PartClaim? claim;
        try
        {
            root = await roots.OpenAsync(feed.Settings.Store, cancellationToken).ConfigureAwait(false);

            // Set by the claim: to a host that was started with a clock that is ahead everything would be older than it is.
            clock = new StoreTime(root.Time);
            (claim, bool isDone) = await PartClaim.TryTakeAsync(
                root, clock, ContentKeys.FeedRetention(feed.Name), root.Ids.Next(), options.Collection.LeaseDuration, notSince, cancellationToken).ConfigureAwait(false);
            if (claim is null)
            {
                reports.AddRange(isDone ? [] : [left]);
                return;
            }
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            // Other feeds may have another store.
            reports.Add(Fail(left, e));
            return;
        }

        RetentionReport? report = null;
        try
        {
            await claim.HoldAsync(
                async token => report = await RunnerOf(root, clock).RunAsync(
                    () => feeds.Current, feed, [.. feed.Settings.Retention], dryRun: false, onItem, new Progress(claim, ended => report = ended), token).ConfigureAwait(false),
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            Tell(report, reports);
            await claim.PauseAsync().ConfigureAwait(false);
            throw;
        }

        Tell(report, reports);
        if (report!.StoppedBecause is { } reason)
        {
            if (reason == RetentionFeed.OtherRules)
            {
                // What was gone through already is to be seen by the rules that there are now.
                claim.Pass("", claim.Counts);
            }

            await claim.PauseAsync().ConfigureAwait(false);
            return;
        }

        try
        {
            await claim.FinishAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            reports[^1] = Fail(report, e);
        }
    }

    private RetentionReport Fail(RetentionReport report, Exception fault)
    {
        logger.NotRetained(report.Feed, fault);
        return report with { StoppedBecause = $"The store failed: {fault.Message}" };
    }

    private RetentionRunner RunnerOf(ContentRoot root, StoreTime clock) =>
        new(root, new UnneededManifests(root, options.Collection, clock), static (feed, _, tag) => feed.Tags.IsProtected(tag), clock);

    private static ActiveFeed Find(FeedTable table, string feed) => table.FindByName(feed) ?? throw new InvalidOperationException($"There is no feed '{feed}', or it is disabled.");

    private void Tell(RetentionReport? report, List<RetentionReport> reports)
    {
        if (report is null)
        {
            return;
        }

        reports.Add(report);
        metrics.Retained(report);
        logger.Retained(report.Feed, report.Ended - report.Started, report.Repositories, report.TagsRemoved, report.ManifestsCondemned, report.ManifestsRemoved, report.Kept, report.Failures, report.StoppedBecause ?? "all done");
    }

    private sealed class Progress(PartClaim claim, Action<RetentionReport> ended) : IRetentionProgress
    {
        public string? After => claim.Position.Length == 0 ? null : claim.Position;

        public bool IsTakenOver => claim.IsLost;

        public void Passed(string fullName) => claim.Pass(fullName, claim.Counts);

        public void Ended(RetentionReport report) => ended(report);
    }
}
