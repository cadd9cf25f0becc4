using System.Collections.Concurrent;
using Registry.Content;
using Registry.Maintenance.Collection;
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

    public async ValueTask<IReadOnlyList<UnneededLook>> ConsiderAsync(RepositoryName repository, IReadOnlyList<Digest> digests, bool dryRun, CancellationToken cancellationToken)
    {
        Steps steps = dryRun ? _dry : _real;
        var ripe = new ConcurrentDictionary<Digest, string>();
        UnneededLook[] looks = await StoreConcurrency.SelectAsync(digests, options.Concurrency, LookAsync, cancellationToken).ConfigureAwait(false);
        UnneededLook kept = new(ManifestFate.Kept);
        IReadOnlyCollection<Digest> ended = [];
        try
        {
            // In the order of the repository, which is the same on every host and in every run.
            Dictionary<Digest, string> inOrder = digests.Where(ripe.ContainsKey).ToDictionary(static digest => digest, digest => ripe[digest]);
            ended = await steps.Ender.EndAsync(repository, inOrder, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (RetentionRunner.IsFault(e, cancellationToken))
        {
            kept = kept with { Fault = e };
        }

        return [.. looks.Zip(digests, (look, digest) => look.Fate != ManifestFate.Ripe ? look : ended.Contains(digest) ? new UnneededLook(ManifestFate.Removed) : kept)];

        async ValueTask<UnneededLook> LookAsync(Digest digest, CancellationToken token)
        {
            try
            {
                ManifestLook look = await steps.Manifests.ExamineAsync(repository, digest, token).ConfigureAwait(false);
                if (look.Fate == ManifestFate.Ripe)
                {
                    ripe[digest] = look.Nonce;
                }

                return new UnneededLook(look.Fate);
            }
            catch (Exception e) when (RetentionRunner.IsFault(e, cancellationToken))
            {
                return new UnneededLook(ManifestFate.Kept, e);
            }
        }
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
