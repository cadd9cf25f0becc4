using Registry.Content.Caching;
using Registry.Content.Catalog;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Content.Released;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Blobs;

/// <summary>A blob as its record has it.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="DataKey">Where its bytes are.</param>
internal sealed record StoredBlob(Digest Digest, long Size, string DataKey);

/// <summary>Blobs that are there: looking at them, reading them, sharing them between repositories, and letting go of them.</summary>
internal sealed class BlobStore(
    IObjectStore store, RecordStore records, RefStore refs, RepositoryCatalog catalog, ReleasedContent released, QuotaBook quotas, TimeProvider time, ContentOptions options)
{
    // How many repositories a mount without a source looks at.
    private const int HoldersLookedAt = 16;

    // For pulls alone. A data key is never used twice, so that an outdated record leads to the blob's bytes or to none.
    private readonly FactCache<Digest, BlobRecord> _seen = new(options.CacheLifetime, time);

    /// <summary>Finds a blob of a repository, or returns <see langword="null"/> where the repository does not have it.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="forPush">Whether the caller may go on to push a manifest that names the blob, which then has to stay.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public async ValueTask<StoredBlob?> FindAsync(RepositoryName repository, Digest digest, bool forPush, CancellationToken cancellationToken)
    {
        if (!digest.IsSupported)
        {
            return null;
        }

        // The ref comes first, then the record is read: a collector that has not seen the ref leaves a trace in the record.
        bool held = forPush
            ? await refs.HoldAsync(repository, digest, cancellationToken).ConfigureAwait(false)
            : await refs.ShowsAsync(repository, digest, cancellationToken).ConfigureAwait(false);
        if (!held)
        {
            return null;
        }

        BlobRecord? record = forPush
            ? await ReviveAsync(digest, cancellationToken).ConfigureAwait(false)
            : await LookAtAsync(digest, cancellationToken).ConfigureAwait(false);
        return record is null ? null : new StoredBlob(digest, record.Size, record.Data);
    }

    /// <summary>Opens a blob that was found just now. The caller disposes it.</summary>
    /// <returns>The bytes, or <see langword="null"/> when the blob went away or was stored anew since it was found.</returns>
    public async ValueTask<ObjectContent?> OpenAsync(StoredBlob blob, long offset, long? length, CancellationToken cancellationToken)
    {
        if (await store.OpenReadAsync(blob.DataKey, offset, length, cancellationToken).ConfigureAwait(false) is not { } content)
        {
            _seen.Forget(blob.Digest);
            return null;
        }

        if (content.TotalLength == blob.Size)
        {
            return content;
        }

        await content.DisposeAsync().ConfigureAwait(false);
        throw new InvalidDataException($"Blob {blob.Digest} should have {blob.Size} bytes and its data '{blob.DataKey}' has {content.TotalLength}.");
    }

    /// <summary>An address at the store from which anybody can download the blob for a while, or <see langword="null"/> where the store has none.</summary>
    public ValueTask<Uri?> GetDownloadUrlAsync(StoredBlob blob, TimeSpan lifetime, CancellationToken cancellationToken) =>
        store is IDownloadUrls urls ? urls.GetDownloadUrlAsync(blob.DataKey, lifetime, cancellationToken) : new((Uri?)null);

    /// <summary>Makes a blob of one repository a blob of another, without copying it.</summary>
    /// <returns>Whether the source had the blob.</returns>
    /// <exception cref="RegistryException">A quota of the target is too small.</exception>
    public async ValueTask<bool> MountAsync(RepositoryName target, RepositoryName source, Digest digest, string lease, CancellationToken cancellationToken)
    {
        if (!digest.IsSupported || !await refs.HoldsAsync(source, digest, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        QuotaClaim? claim = null;
        if (quotas.Covers(target))
        {
            if (await quotas.Holdings.SizeOfAsync(digest, cancellationToken).ConfigureAwait(false) is not { } size)
            {
                return false;
            }

            claim = await quotas.ReserveAsync(target, [QuotaItem.Blob(digest, size)], cancellationToken).ConfigureAwait(false);
        }

        await catalog.AddAsync(target, cancellationToken).ConfigureAwait(false);
        await refs.LeaseAsync(target, digest, lease, cancellationToken).ConfigureAwait(false);
        bool mounted = await ReviveAsync(digest, cancellationToken).ConfigureAwait(false) is not null;
        if (claim is not null)
        {
            await claim.EndAsync(mounted, CancellationToken.None).ConfigureAwait(false);
        }

        return mounted;
    }

    /// <summary>Finds a repository that holds a blob and that the caller may pull from.</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="mayPull">Says whether the caller may pull from a repository.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async ValueTask<RepositoryName?> FindSourceAsync(Digest digest, Func<RepositoryName, ValueTask<bool>> mayPull, CancellationToken cancellationToken)
    {
        RepositoryName? holder = null;
        for (int i = 0; i < HoldersLookedAt; i++)
        {
            holder = await refs.NextHolderAsync(digest, holder, cancellationToken).ConfigureAwait(false);
            if (holder is not { } candidate)
            {
                return null;
            }

            if (await mayPull(candidate).ConfigureAwait(false))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>Lets a repository go of a blob. Other repositories that hold it keep it.</summary>
    /// <returns>Whether the repository had it.</returns>
    /// <exception cref="RegistryException">A manifest in the repository still names the blob.</exception>
    public async ValueTask<bool> DeleteAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        if (!digest.IsSupported
            || !await refs.HoldsAsync(repository, digest, cancellationToken).ConfigureAwait(false)
            || await ReadAsync(digest, cancellationToken).ConfigureAwait(false) is not { Record.State: not BlobState.Gone })
        {
            return false;
        }

        QuotaClaim? claim = quotas.Covers(repository) && await quotas.Holdings.SizeOfAsync(digest, cancellationToken).ConfigureAwait(false) is { } size
            ? await quotas.BeginReleaseAsync(repository, [QuotaItem.Blob(digest, size)], cancellationToken).ConfigureAwait(false)
            : null;
        Digest? holder = await refs.ReleaseAsync(records, repository, digest, cancellationToken).ConfigureAwait(false);
        if (claim is not null)
        {
            await claim.EndAsync(settled: false, CancellationToken.None).ConfigureAwait(false);
        }

        if (holder is { } manifest)
        {
            throw new RegistryException(
                RegistryErrorCode.Unsupported,
                $"The blob is a part of manifest {manifest} in this repository. Delete the manifest first.",
                digest.Value);
        }

        released.Note(new ContentPlace(repository, digest));
        return true;
    }

    /// <summary>Makes sure that a blob stays, after a ref to it was written.</summary>
    /// <returns>The live record, or <see langword="null"/> when the blob is not there.</returns>
    public async ValueTask<BlobRecord?> ReviveAsync(Digest digest, CancellationToken cancellationToken)
    {
        Versioned<BlobRecord>? found = await ReadAsync(digest, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            switch (found?.Record.State)
            {
                case BlobState.Live:
                case BlobState.Condemned when !Guards.Holds(Guard.ReviveBlob):
                    return found.Record;
                case BlobState.Condemned:
                    PutOutcome<BlobRecord> outcome = await records.PutAsync(
                        ContentKeys.Blob(digest), found.Record with { State = BlobState.Live, CondemnedAt = null }, found, cancellationToken).ConfigureAwait(false);
                    if (outcome.Won)
                    {
                        return outcome.Current!.Record;
                    }

                    await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
                    found = outcome.Current;
                    break;
                default:
                    return null;
            }
        }
    }

    /// <summary>Forgets what this process knows of a blob whose record was changed beside this class.</summary>
    public void Forget(Digest digest) => _seen.Forget(digest);

    private async ValueTask<BlobRecord?> LookAtAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (_seen.TryGetFresh(digest, out BlobRecord? seen))
        {
            return seen;
        }

        FactCache<Digest, BlobRecord>.Look look = _seen.Begin(digest);
        if (await ReadAsync(digest, cancellationToken).ConfigureAwait(false) is not { Record: { State: not BlobState.Gone } record })
        {
            return null;
        }

        look.Remember(record);
        return record;
    }

    private ValueTask<Versioned<BlobRecord>?> ReadAsync(Digest digest, CancellationToken cancellationToken) =>
        records.ReadAsync<BlobRecord>(ContentKeys.Blob(digest), cancellationToken);
}
