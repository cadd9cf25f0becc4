using Registry.Content;
using Registry.Content.Catalog;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;
using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>How far a run over a feed's repositories is.</summary>
internal interface IRetentionProgress
{
    /// <summary>The full name of the repository to go on after; <see langword="null"/> for the first.</summary>
    string? After { get; }

    /// <summary>Whether another host is at it by now.</summary>
    bool IsTakenOver { get; }

    /// <summary>A repository was gone through.</summary>
    void Passed(string fullName);

    /// <summary>An exception ends the run.</summary>
    /// <param name="report">What was done up to then.</param>
    void Ended(RetentionReport report);
}

/// <summary>
/// Carries out rules on what a feed keeps, repository by repository. It keeps no state: it may stop anywhere and be run again, also on several hosts at once, and what one of them has removed the others find gone.
/// </summary>
/// <param name="root">What the feed's store holds.</param>
/// <param name="manifests">Decides about manifests without tags.</param>
/// <param name="isProtected">Whether a tag of a feed stays whatever rules say. It gets the repository's name within the feed.</param>
/// <param name="clock">The store's clock, by which rules tell ages; <see langword="null"/> for this host's.</param>
internal sealed class RetentionRunner(ContentRoot root, IUnneededManifests manifests, Func<ActiveFeed, RepositoryName, Tag, bool> isProtected, StoreTime? clock = null)
{
    /// <summary>Why a run ends that another host has taken over, or has had all the time.</summary>
    public const string OfAnother = "Another host is at it.";

    /// <summary>Why a run ends whose token is cancelled: its time is over, the host stops or the caller wants no more.</summary>
    public const string OnDemand = "It was told to stop.";

    private const int PageSize = 1_000;

    /// <summary>Carries out rules.</summary>
    /// <param name="feeds">The feeds as they are at the moment of the call: asked before each repository and before each few removals.</param>
    /// <param name="feed">The feed as it is when the run begins. When it is gone, is read-only or has other rules, the run ends.</param>
    /// <param name="rules">The rules, of which <see cref="RetentionRules"/> has nothing to say: the feed's, or others to try out.</param>
    /// <param name="dryRun">Whether nothing is to be changed, and the report to say what would be.</param>
    /// <param name="onItem">Told of each thing that a rule names, in order; a report has only so many.</param>
    /// <param name="progress">Where a run that was stopped is gone on with, and told how far this one is; <see langword="null"/> begins at the beginning.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ArgumentException">The rules have mistakes.</exception>
    /// <exception cref="OperationCanceledException">The run was ended. What it did, <see cref="IRetentionProgress.Ended"/> was told.</exception>
    public async ValueTask<RetentionReport> RunAsync(
        Func<FeedTable> feeds,
        ActiveFeed feed,
        IReadOnlyList<RetentionRule> rules,
        bool dryRun,
        Func<RetentionItem, CancellationToken, ValueTask>? onItem,
        IRetentionProgress? progress,
        CancellationToken cancellationToken)
    {
        string[] mistakes = [.. RetentionRules.FindMistakes([.. rules], FeedRules.Describe(feed.Settings))];
        if (mistakes.Length > 0)
        {
            throw new ArgumentException(string.Join(" ", mistakes), nameof(rules));
        }

        DateTimeOffset started = root.Time.GetUtcNow();
        var current = new RetentionFeed(feeds, feed, isProtected);
        var log = new RetentionLog(onItem, dryRun ? null : current.FindReasonToStop);
        DateTimeOffset now = clock?.Now ?? started;
        CompiledRule[] compiled = [.. rules.Select((rule, index) => new CompiledRule(rule, index, now))];
        try
        {
            return Report(await RunAsync(current, compiled, dryRun, log, progress, cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (progress is { IsTakenOver: true })
        {
            return Report(OfAnother);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What was done up to here is to be told, or nobody would know of it.
            progress?.Ended(Report(cancellationToken.IsCancellationRequested ? OnDemand : $"It failed: {e.Message}"));
            throw;
        }

        RetentionReport Report(string? stoppedBecause) => log.Report(feed.Name, dryRun, started, root.Time.GetUtcNow(), stoppedBecause);
    }

    private async ValueTask<string?> RunAsync(RetentionFeed feed, CompiledRule[] rules, bool dryRun, RetentionLog log, IRetentionProgress? progress, CancellationToken cancellationToken)
    {
        string? after = progress?.After;
        NamePage page;
        do
        {
            try
            {
                page = await root.Catalog.ListAsync(feed.Prefix, after, PageSize, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
            {
                return $"The repositories cannot be listed: {e.Message}";
            }

            foreach (string text in page.Names)
            {
                after = text;
                if (log.StoppedBecause is { } before)
                {
                    return before;
                }

                if (feed.Find(RepositoryName.Parse(text)) is not { } repository)
                {
                    // Between the default feed's repositories are all those of a feed with a name, of which there may be any amount: what comes after them.
                    after = text[..(text.IndexOf('/', StringComparison.Ordinal) + 1)] + "~";
                    page = page with { HasMore = true };
                    break;
                }

                // Connectors will say otherwise of what they cached.
                CompiledRule[] about = [.. rules.Where(rule => rule.IsAbout(repository.Name, ManifestOrigin.Own))];
                if (about.Length > 0)
                {
                    await RunAsync(feed, repository, about, dryRun, log, cancellationToken).ConfigureAwait(false);
                }

                // Also one that was left for its failures: a run that began at it again would come no further.
                bool isLeft = about.Length > 0 && await log.EndAsync(repository.Name.Value, "the rest of the repository", cancellationToken).ConfigureAwait(false);
                string? reason = log.StoppedBecause;
                if (isLeft || reason is null)
                {
                    progress?.Passed(text);
                }

                if (reason is not null)
                {
                    return reason;
                }
            }
        }
        while (page.HasMore);

        return log.FailedAtEndBecause;
    }

    private async ValueTask RunAsync(RetentionFeed feed, FeedRepository repository, CompiledRule[] rules, bool dryRun, RetentionLog log, CancellationToken cancellationToken)
    {
        log.Repositories++;
        var run = new RepositoryRetention(root, manifests, repository, tag => feed.IsProtected(repository, tag), rules, dryRun, log);
        try
        {
            await run.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            // Whatever a store throws: the other repositories are none the worse.
            await log.AddAsync(new RetentionItem(repository.Name.Value, null, null, "", "the repository cannot be read", RetentionOutcome.Failed, e.Message), cancellationToken).ConfigureAwait(false);
        }
    }
}
