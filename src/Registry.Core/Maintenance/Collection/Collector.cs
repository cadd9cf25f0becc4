using Registry.Content;

namespace Registry.Maintenance.Collection;

/// <summary>
/// Collects what nothing needs any more, in one content root, while everything else goes on. Any number of hosts may do so at once: who works at which part of a scan is agreed on to save work, and nothing
/// that is removed depends on it.
/// </summary>
/// <param name="root">The content.</param>
/// <param name="options">How to collect.</param>
/// <param name="policy">What may be collected of manifests that can be pulled.</param>
internal sealed class Collector(ContentRoot root, CollectionOptions options, ICollectionPolicy policy)
{
    private readonly string _node = root.Ids.Next();
    private readonly StoreTime _clock = new(root.Time);
    private readonly OperationPace _pace = new(options.OperationsPerSecond, root.Time);

    /// <summary>What this host let go of lately, to be looked at when it is due.</summary>
    public DueContent Due { get; } = new(root);

    /// <summary>Scans all of the store, beginning with what was not scanned for the longest. Parts that other hosts are at, or that were finished lately, are left to them.</summary>
    /// <param name="dryRun">Whether to change nothing and say what would be done. A dry run looks at everything itself.</param>
    /// <param name="notSince">Parts that were finished after this, by the store's clock, are left; <see langword="null"/> leaves none.</param>
    /// <param name="cancellationToken">Ends the scan. Another one, of any host, goes on where it stopped.</param>
    public ValueTask<CollectionReport> ScanAsync(bool dryRun, DateTimeOffset? notSince, CancellationToken cancellationToken) =>
        ScanAsync(dryRun, notSince, onItem: null, onEnd: null, cancellationToken);

    /// <inheritdoc cref="ScanAsync(bool, DateTimeOffset?, CancellationToken)"/>
    /// <param name="dryRun">Whether to change nothing and say what would be done.</param>
    /// <param name="notSince">Parts that were finished after this are left.</param>
    /// <param name="onItem">Told of each thing that a step is taken with.</param>
    /// <param name="onEnd">Told of what was done, also where the scan fails or is ended in the middle.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    public async ValueTask<CollectionReport> ScanAsync(
        bool dryRun, DateTimeOffset? notSince, Func<CollectionItem, CancellationToken, ValueTask>? onItem, Action<CollectionReport>? onEnd, CancellationToken cancellationToken)
    {
        DateTimeOffset began = root.Time.GetUtcNow();
        long started = root.Time.GetTimestamp();
        var run = new CollectionRun(root, options, policy, _clock, dryRun, _pace) { OnItem = onItem };
        var parts = new PartRounds();
        try
        {
            // A dry run looks at what would be let go of before what that would let go of in turn.
            IReadOnlyList<ScanPart> order = ScanPart.All(options.Parts);
            foreach (ScanPart part in dryRun ? order : await ScanPart.OldestFirstAsync(root, order, cancellationToken).ConfigureAwait(false))
            {
                await parts.RunAsync(() => dryRun ? ScanDryAsync(run, part, cancellationToken) : ScanPartAsync(run, part, notSince, cancellationToken), cancellationToken).ConfigureAwait(false);
            }

            parts.ThrowIfFailed();
        }
        catch (Exception)
        {
            onEnd?.Invoke(Report(complete: false));
            throw;
        }

        CollectionReport report = Report(parts.AreComplete);
        onEnd?.Invoke(report);
        return report;

        CollectionReport Report(bool complete) => new()
        {
            DryRun = dryRun,
            Began = began,
            Duration = root.Time.GetElapsedTime(started),
            Complete = complete,
            PartsOfOthers = parts.OfOthers,
            Counts = run.Tally.Counts,
        };
    }

    /// <summary>How far scans of the store are, whichever hosts are at them.</summary>
    public ValueTask<CollectionProgress> ReadProgressAsync(CancellationToken cancellationToken) => CollectionProgress.ReadAsync(root, options.Parts, cancellationToken);

    /// <summary>Looks at what this host let go of and that is due.</summary>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>What was done.</returns>
    public ValueTask<CollectionCounts> WorkOffAsync(CancellationToken cancellationToken) => WorkOffAsync(onEnd: null, cancellationToken);

    /// <inheritdoc cref="WorkOffAsync(CancellationToken)"/>
    /// <param name="onEnd">Told of what was done, also where the work fails or is ended in the middle.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async ValueTask<CollectionCounts> WorkOffAsync(Action<CollectionCounts>? onEnd, CancellationToken cancellationToken)
    {
        var run = new CollectionRun(root, options, policy, _clock, dryRun: false, _pace);
        try
        {
            Workers workers = Workers.Of(run);
            await Due.WorkOffAsync(run, workers.Blobs, workers.Manifests, workers.Tags, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            onEnd?.Invoke(run.Tally.Counts);
        }

        return run.Tally.Counts;
    }

    private static async ValueTask<PartOutcome> ScanDryAsync(CollectionRun run, ScanPart part, CancellationToken cancellationToken) =>
        await ScanAsync(run, part, "", static _ => new(true), cancellationToken).ConfigureAwait(false) ? PartOutcome.Done : PartOutcome.Lost;

    private async ValueTask<PartOutcome> ScanPartAsync(CollectionRun run, ScanPart part, DateTimeOffset? notSince, CancellationToken cancellationToken)
    {
        (PartClaim? claim, bool isDone) = await PartClaim.TryTakeAsync(root, run.Clock, part.Key, _node, options.LeaseDuration, notSince, cancellationToken).ConfigureAwait(false);
        if (claim is null)
        {
            return isDone ? PartOutcome.DoneBefore : PartOutcome.Lost;
        }

        CollectionCounts before = run.Tally.Counts;
        CollectionCounts carried = claim.Counts;
        run.Claim = claim;
        try
        {
            if (!await ScanAsync(run, part, claim.Position, SaveAsync, cancellationToken).ConfigureAwait(false))
            {
                return PartOutcome.Lost;
            }

            Pass("");
            await claim.FinishAsync(cancellationToken).ConfigureAwait(false);
            return PartOutcome.Done;
        }
        catch (Exception)
        {
            // Nobody is to wait for a host that has stopped.
            await claim.PauseAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            run.Claim = null;
        }

        void Pass(string position) => claim.Pass(position, carried + run.Tally.Counts.Since(before));

        ValueTask<bool> SaveAsync(string position)
        {
            Pass(position);
            return claim.SaveAsync(cancellationToken);
        }
    }

    private static ValueTask<bool> ScanAsync(CollectionRun run, ScanPart part, string position, Func<string, ValueTask<bool>> progress, CancellationToken cancellationToken)
    {
        Workers workers = Workers.Of(run);
        return part.Kind switch
        {
            ScanKind.Uploads => workers.Sessions.RunAsync(position, progress, cancellationToken),
            ScanKind.Repositories => new RepositoryScan(run, workers.Judge, workers.Manifests, new ManifestEnder(run), workers.Tags).RunAsync(position, progress, cancellationToken),
            _ => new BlobScan(run, workers.Judge, workers.Blobs).RunAsync(part, position, progress, cancellationToken),
        };
    }

    private sealed record Workers(OwnerJudge Judge, BlobCollector Blobs, ManifestCollector Manifests, TagSweeper Tags, SessionSweeper Sessions)
    {
        public static Workers Of(CollectionRun run)
        {
            var judge = new OwnerJudge(run);
            var tombstones = new TombstoneRemover(run);
            return new Workers(judge, new BlobCollector(run, judge, tombstones), new ManifestCollector(run, judge, tombstones), new TagSweeper(run, tombstones), new SessionSweeper(run));
        }
    }
}
