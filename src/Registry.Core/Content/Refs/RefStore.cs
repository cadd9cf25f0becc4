using Registry.Content.Caching;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Refs;

/// <summary>
/// Keeps who holds what: an empty object per repository, content and owner. A blob is visible in a repository only where a ref of that
/// repository says so, and content without refs may be collected.
/// </summary>
internal sealed class RefStore(IObjectStore store, Ulid ids, TimeProvider time, ContentOptions options)
{
    // Leases sort before manifests, so that the first few refs tell whether a young lease is there however many manifests name the content.
    private const int OwnersLookedAt = 32;

    // One ref of each content that was looked at of late. To ask whether that one is still there costs less than to list the refs of content that thousands of manifests name.
    private readonly FactCache<ContentPlace, string> _seen = new(options.CacheLifetime, time);

    /// <summary>Whether whoever pulls from a repository sees some content there: by what the store says, or said a moment ago.</summary>
    public ValueTask<bool> ShowsAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        _seen.TryGetFresh(new ContentPlace(repository, digest), out _) ? new(true) : HoldsAsync(repository, digest, cancellationToken);

    /// <summary>Whether a repository holds some content, by what the store says now.</summary>
    public async ValueTask<bool> HoldsAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        FactCache<ContentPlace, string>.Look look = _seen.Begin(new ContentPlace(repository, digest));
        if (_seen.TryFind(look.Key, out string? seen, out _) && await IsThereAsync(seen, cancellationToken).ConfigureAwait(false))
        {
            look.Remember(seen);
            return true;
        }

        KeyPage page = await store.ListAsync(ContentKeys.Refs(digest, repository), null, 1, cancellationToken).ConfigureAwait(false);
        if (page.Keys.Count == 0)
        {
            return false;
        }

        look.Remember(page.Keys[0]);
        return true;
    }

    /// <summary>
    /// Whether a repository holds some content; where it does and nothing younger than half the grace period protects it, a new lease is written, so that
    /// a pusher who hears that it exists has the time to push a manifest that names it.
    /// </summary>
    public async ValueTask<bool> HoldAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        DateTimeOffset young = time.GetUtcNow() - (options.GracePeriod / 2);
        FactCache<ContentPlace, string>.Look look = _seen.Begin(new ContentPlace(repository, digest));
        if (_seen.TryFind(look.Key, out string? seen, out _)
            && ContentKeys.TryParseRefOwner(seen, out RefOwner known)
            && known.Time > young
            && await IsThereAsync(seen, cancellationToken).ConfigureAwait(false))
        {
            look.Remember(seen);
            return true;
        }

        KeyPage page = await store.ListAsync(ContentKeys.Refs(digest, repository), null, OwnersLookedAt, cancellationToken).ConfigureAwait(false);
        if (page.Keys.Count == 0)
        {
            return false;
        }

        var outdated = new List<string>();
        foreach (string key in page.Keys)
        {
            if (!ContentKeys.TryParseRefOwner(key, out RefOwner owner))
            {
                continue;
            }

            if (owner.Time > young)
            {
                look.Remember(key);
                return true;
            }

            if (owner.Manifest is null)
            {
                outdated.Add(key);
            }
        }

        await LeaseAsync(repository, digest, ids.Next(), cancellationToken).ConfigureAwait(false);
        foreach (string key in outdated)
        {
            await store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Writes an upload lease.</summary>
    /// <param name="repository">Who holds the content.</param>
    /// <param name="digest">The content.</param>
    /// <param name="id">The lease's id, which tells its age.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    public ValueTask LeaseAsync(RepositoryName repository, Digest digest, string id, CancellationToken cancellationToken) =>
        PutAsync(repository, digest, ContentKeys.LeaseRef(digest, repository, id), cancellationToken);

    /// <summary>Writes the refs of a manifest's generation to everything that it names.</summary>
    public Task AddAsync(RepositoryName repository, Digest manifest, string generation, IReadOnlyCollection<Digest> content, CancellationToken cancellationToken) =>
        StoreConcurrency.ForEachAsync(
            content,
            options.StoreConcurrency,
            (digest, token) => PutAsync(repository, digest, ContentKeys.ManifestRef(digest, repository, manifest, generation), token),
            cancellationToken);

    /// <summary>Removes the refs of a manifest's generation.</summary>
    public Task RemoveAsync(RepositoryName repository, Digest manifest, string generation, IReadOnlyCollection<Digest> content, CancellationToken cancellationToken) =>
        StoreConcurrency.ForEachAsync(
            content,
            options.StoreConcurrency,
            (digest, token) => DeleteAsync(repository, digest, ContentKeys.ManifestRef(digest, repository, manifest, generation), token),
            cancellationToken);

    /// <summary>Removes one ref, by its key: one that counts for nothing and never will.</summary>
    public ValueTask RemoveEndedAsync(string key, CancellationToken cancellationToken) =>
        ContentKeys.TryParseContent(key, out Digest digest) && ContentKeys.TryParseRefRepository(key, out RepositoryName repository)
            ? DeleteAsync(repository, digest, key, cancellationToken)
            : store.DeleteAsync(key, cancellationToken);

    /// <summary>Finds a few repositories that hold some content, in their order.</summary>
    /// <param name="digest">The content.</param>
    /// <param name="after">Only repositories after this one; <see langword="null"/> starts at the front.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async ValueTask<RepositoryName?> NextHolderAsync(Digest digest, RepositoryName? after, CancellationToken cancellationToken)
    {
        string? start = after is { } repository ? ContentKeys.AfterRefs(digest, repository) : null;
        KeyPage page = await store.ListAsync(ContentKeys.Refs(digest), start, 1, cancellationToken).ConfigureAwait(false);
        return page.Keys.Count > 0 && ContentKeys.TryParseRefRepository(page.Keys[0], out RepositoryName holder) ? holder : null;
    }

    /// <summary>
    /// Removes every ref of a repository to some content, unless a manifest that can be pulled, or is being pushed, names it.
    /// </summary>
    /// <param name="records">Where the manifests' states are read.</param>
    /// <param name="repository">Who holds the content.</param>
    /// <param name="digest">The content.</param>
    /// <param name="cancellationToken">Ends the removal.</param>
    /// <returns>The manifest that still names the content, or <see langword="null"/> when the refs are gone.</returns>
    public async ValueTask<Digest?> ReleaseAsync(RecordStore records, RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        // Two passes: nothing is removed before it is clear that nothing is in use.
        return await ReleaseAsync(records, repository, digest, remove: false, cancellationToken).ConfigureAwait(false)
            ?? await ReleaseAsync(records, repository, digest, remove: true, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Digest?> ReleaseAsync(RecordStore records, RepositoryName repository, Digest digest, bool remove, CancellationToken cancellationToken)
    {
        await foreach (string key in store.ListAllAsync(ContentKeys.Refs(digest, repository), cancellationToken).ConfigureAwait(false))
        {
            if (!ContentKeys.TryParseRefOwner(key, out RefOwner owner))
            {
                continue;
            }

            if (owner.Manifest is { } manifest && await CountsAsync(records, repository, manifest, owner.Id, cancellationToken).ConfigureAwait(false))
            {
                return manifest;
            }

            if (remove)
            {
                await DeleteAsync(repository, digest, key, cancellationToken).ConfigureAwait(false);
            }
        }

        return null;
    }

    private static async ValueTask<bool> CountsAsync(RecordStore records, RepositoryName repository, Digest manifest, string generation, CancellationToken cancellationToken)
    {
        Versioned<ManifestRecord>? found = await records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, manifest), cancellationToken).ConfigureAwait(false);
        return found is { Record: { State: not ManifestState.Deleted } record } && record.Generation == generation;
    }

    private async ValueTask PutAsync(RepositoryName repository, Digest digest, string key, CancellationToken cancellationToken)
    {
        FactCache<ContentPlace, string>.Look look = _seen.Begin(new ContentPlace(repository, digest));
        await store.PutMarkerAsync(key, cancellationToken).ConfigureAwait(false);
        look.Remember(key);
    }

    private async ValueTask DeleteAsync(RepositoryName repository, Digest digest, string key, CancellationToken cancellationToken)
    {
        try
        {
            await store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _seen.Forget(new ContentPlace(repository, digest));
        }
    }

    private async ValueTask<bool> IsThereAsync(string key, CancellationToken cancellationToken) =>
        await store.GetAsync(key, cancellationToken).ConfigureAwait(false) is not null;
}
