using Registry.Content.Caching;
using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Model;

namespace Registry.Content.Manifests;

/// <summary>The records of manifests, and what this process remembers of those that were pulled.</summary>
internal sealed class ManifestRecords(RecordStore records, TimeProvider time, ContentOptions options)
{
    // What is kept of a manifest beside its content, about.
    private const int FactBytes = 1024;

    // For pulls alone.
    private readonly FactCache<ContentPlace, StoredManifest> _seen =
        new(options.CacheLifetime, time, static manifest => manifest.Content.Length + FactBytes, options.CacheLifetime > TimeSpan.Zero ? options.CacheBytes : 0);

    /// <summary>What a record becomes that is deleted.</summary>
    public static ManifestRecord Tombstone(ManifestRecord record) => record with { State = ManifestState.Deleted, CondemnedAt = null, Content = default };

    /// <summary>A manifest that can be pulled, as it was a moment ago.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="generation">Only in this generation; <see langword="null"/> takes any.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public async ValueTask<StoredManifest?> GetAsync(RepositoryName repository, Digest? digest, string? generation, CancellationToken cancellationToken)
    {
        if (digest is not { IsSupported: true } wanted)
        {
            return null;
        }

        generation = Guards.Holds(Guard.TagOfGeneration) ? generation : null;

        FactCache<ContentPlace, StoredManifest>.Look look = _seen.Begin(new ContentPlace(repository, wanted));
        if (_seen.TryGetFresh(look.Key, out StoredManifest? seen) && Fits(seen))
        {
            return seen;
        }

        if (await ReadAsync(repository, wanted, cancellationToken).ConfigureAwait(false) is not { Record: { State: ManifestState.Live } record })
        {
            return null;
        }

        var manifest = new StoredManifest(wanted, record.MediaType, record.Content) { Generation = record.Generation };
        look.Remember(manifest);
        return Fits(manifest) ? manifest : null;

        bool Fits(StoredManifest found) => generation is null || found.Generation == generation;
    }

    /// <summary>A manifest's record as it is.</summary>
    public ValueTask<Versioned<ManifestRecord>?> ReadAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken);

    /// <summary>Writes a manifest's record over what was read, and forgets what this process knows of the manifest.</summary>
    public async ValueTask<PutOutcome<ManifestRecord>> PutAsync(
        RepositoryName repository, Digest digest, ManifestRecord record, Versioned<ManifestRecord>? over, CancellationToken cancellationToken)
    {
        try
        {
            return await records.PutAsync(ContentKeys.Manifest(repository, digest), record, over, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Forget(repository, digest);
        }
    }

    /// <summary>Forgets what this process knows of a manifest whose record was changed elsewhere.</summary>
    public void Forget(RepositoryName repository, Digest digest) => _seen.Forget(new ContentPlace(repository, digest));

    /// <summary>Waits, longer at each attempt, for whoever an attempt lost to.</summary>
    public Task BackOffAsync(int attempt, CancellationToken cancellationToken) => records.BackOffAsync(attempt, cancellationToken);
}
