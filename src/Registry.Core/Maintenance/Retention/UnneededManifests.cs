using Registry.Content;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;
using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>Takes the collector's steps with manifests that a rule names: they are marked at one run and end at a later one, a grace period on, if nothing has come to need them.</summary>
/// <param name="root">The content.</param>
/// <param name="options">How to collect.</param>
/// <param name="clock">The store's clock.</param>
internal sealed class UnneededManifests(ContentRoot root, CollectionOptions options, StoreTime clock) : IUnneededManifests
{
    private readonly Steps _real = new(new CollectionRun(root, options, new NamedByRules(), clock, dryRun: false));
    private readonly Steps _dry = new(new CollectionRun(root, options, new NamedByRules(), clock, dryRun: true));

    public async ValueTask<IReadOnlyList<UnneededLook>> ConsiderAsync(
        RepositoryName repository, IReadOnlyList<Digest> digests, Func<IReadOnlyCollection<Digest>, CancellationToken, ValueTask<IReadOnlyList<Digest>>> findUsed, bool dryRun, CancellationToken cancellationToken)
    {
        Steps steps = dryRun ? _dry : _real;
        (ManifestLook Look, Exception? Fault)[] looks = await StoreConcurrency.SelectAsync(digests, options.Concurrency, LookAsync, CancellationToken.None).ConfigureAwait(false);

        // In the order of the repository, which is the same on every host and in every run.
        var ripe = digests.Zip(looks).Where(static pair => pair.Second.Look.Fate == ManifestFate.Ripe).ToDictionary(static pair => pair.First, static pair => pair.Second.Look.Nonce);
        UnneededLook kept = new(ManifestFate.Kept);
        var ended = new HashSet<Digest>();
        try
        {
            foreach (Digest used in await findUsed([.. ripe.Keys], cancellationToken).ConfigureAwait(false))
            {
                ripe.Remove(used);
            }

            await steps.Ender.EndAsync(repository, ripe, ended, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            kept = kept with { Fault = FaultOf(e) };
        }

        return [.. digests.Zip(looks, (digest, one) =>
            one.Look.Fate != ManifestFate.Ripe ? new UnneededLook(one.Look.Fate, one.Fault)
            : ended.Contains(digest) ? new UnneededLook(ManifestFate.Removed)
            : ripe.ContainsKey(digest) ? kept : new UnneededLook(ManifestFate.Kept))];

        async ValueTask<(ManifestLook Look, Exception? Fault)> LookAsync(Digest digest, CancellationToken none)
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                return (await steps.Manifests.ExamineAsync(repository, digest, cancellationToken).ConfigureAwait(false), null);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                return (new ManifestLook(ManifestFate.Kept, ""), FaultOf(e));
            }
        }

        Exception? FaultOf(Exception e) => JobFaults.IsFault(e, cancellationToken) ? e : null;
    }

    private sealed class Steps(CollectionRun run)
    {
        public ManifestCollector Manifests { get; } = new(run, new OwnerJudge(run), new TombstoneRemover(run));

        public ManifestEnder Ender { get; } = new(run);
    }

    // Age is among the conditions of a rule. What is left is that nothing needs the manifest, twice.
    private sealed class NamedByRules : ICollectionPolicy
    {
        public TimeSpan? KeepUntagged(RepositoryName repository) => TimeSpan.Zero;

        public TimeSpan? KeepOrphanedReferrers(RepositoryName repository) => TimeSpan.Zero;
    }
}
