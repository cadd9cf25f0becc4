using Registry.Content;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Collection;

/// <summary>What everything that works at a collection shares.</summary>
/// <param name="root">The content.</param>
/// <param name="options">How to collect.</param>
/// <param name="policy">What may be collected of manifests that can be pulled.</param>
/// <param name="clock">The store's clock.</param>
/// <param name="dryRun">Whether to look and change nothing.</param>
/// <param name="pace">What it shares the rate of operations with; <see langword="null"/> has it to itself.</param>
internal sealed class CollectionRun(ContentRoot root, CollectionOptions options, ICollectionPolicy policy, StoreTime clock, bool dryRun, OperationPace? pace = null)
{
    /// <summary>What stands in <see cref="Generations"/> for a manifest that a dry run would have ended.</summary>
    public static readonly ulong WouldEnd = GenerationKey.OfGeneration("");

    // A disk opens a folder or two for a key that it lists, and a server that lists a page does much more than one that reads an object.
    private const int ListedKeysPerOperation = 25;

    // A write is flushed, or sent on to other servers, before it is answered.
    private const int OperationsPerWrite = 4;

    private readonly OperationPace _pace = pace ?? new(options.OperationsPerSecond, root.Time);

    public ContentRoot Root { get; } = root;

    public CollectionOptions Options { get; } = options;

    public ICollectionPolicy Policy { get; } = policy;

    /// <summary>The store's clock.</summary>
    public StoreTime Clock { get; } = clock;

    /// <summary>Whether to look and change nothing.</summary>
    public bool DryRun { get; } = dryRun;

    public CollectionTally Tally { get; } = new();

    /// <summary>Who is told of each thing that a step is taken with, of several at once.</summary>
    public Func<CollectionItem, CancellationToken, ValueTask>? OnItem { get; init; }

    /// <summary>What the run works at now, to say that it still does.</summary>
    public PartClaim? Claim { get; set; }

    /// <summary>Which generations of manifests count, and which tags are as their markers say.</summary>
    public GenerationTable Generations { get; } = new();

    public GenerationTable Tags { get; } = new();

    public TimeSpan GracePeriod => Root.Options.GracePeriod;

    /// <summary>How old something is by the store's clock, that was written then.</summary>
    public TimeSpan AgeOf(DateTimeOffset written) => Clock.Now - written;

    /// <summary>Waits until the store may be asked again.</summary>
    public ValueTask PaceAsync(int operations, CancellationToken cancellationToken) => _pace.TakeAsync(operations, cancellationToken);

    /// <summary>Waits until something may be written or removed, or lets the store alone for as long after that.</summary>
    public ValueTask PaceWriteAsync(CancellationToken cancellationToken) => PaceAsync(OperationsPerWrite, cancellationToken);

    /// <summary>Lists a page, when the store may be asked again. The more keys it has, the longer the store is left alone afterwards.</summary>
    public async ValueTask<KeyPage> ListAsync(string prefix, string? after, CancellationToken cancellationToken)
    {
        await PaceAsync(1, cancellationToken).ConfigureAwait(false);
        if (Claim is { } claim)
        {
            // Between two places that a scan can go on from may lie a million refs of one blob, or the tags of a repository.
            await claim.SaveAsync(cancellationToken).ConfigureAwait(false);
        }

        KeyPage page = await Root.Store.ListAsync(prefix, after, ObjectStoreLimits.MaxPageKeys, cancellationToken).ConfigureAwait(false);
        await PaceAsync(page.Keys.Count / ListedKeysPerOperation, cancellationToken).ConfigureAwait(false);
        return page;
    }

    public void Count(CollectionCounts counts) => Tally.Add(counts);

    /// <summary>Tells of a thing.</summary>
    public ValueTask TellAsync(CollectionItemKind kind, CollectionStep step, RepositoryName? repository, string name, long bytes, CancellationToken cancellationToken) =>
        OnItem?.Invoke(new CollectionItem { Kind = kind, Step = step, Repository = repository?.Value, Name = name, Bytes = bytes }, cancellationToken) ?? default;

    /// <summary>Does something for each of some items, a few at a time; what cannot be read or changed is counted and passed over.</summary>
    public Task ForEachAsync<T>(IReadOnlyCollection<T> items, Func<T, CancellationToken, ValueTask> action, CancellationToken cancellationToken) =>
        StoreConcurrency.ForEachAsync(items, Options.Concurrency, (item, token) => TryAsync(next => action(item, next), token), cancellationToken);

    /// <summary>Does something with one thing. If it cannot be read or changed, that is counted.</summary>
    public async ValueTask TryAsync(Func<CancellationToken, ValueTask> action, CancellationToken cancellationToken)
    {
        try
        {
            await action(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (!await PassOverAsync(e, cancellationToken).ConfigureAwait(false))
            {
                throw;
            }
        }
    }

    /// <summary>Counts what went wrong with one thing.</summary>
    /// <returns>Whether to go on with the others. What it may name stays; a record that cannot be read is the scrub's to report.</returns>
    /// <exception cref="IOException">The store is away, which is a reason to stop.</exception>
    public async ValueTask<bool> PassOverAsync(Exception fault, CancellationToken cancellationToken)
    {
        if (fault is not (IOException or InvalidDataException or RegistryException))
        {
            return false;
        }

        await Root.Store.ThrowIfAwayAsync(fault, cancellationToken).ConfigureAwait(false);
        Count(new CollectionCounts { Failures = 1 });
        return true;
    }
}
