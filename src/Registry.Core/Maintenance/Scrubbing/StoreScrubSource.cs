using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>A second store with the same content: a copy, say. It is only read.</summary>
internal sealed class StoreScrubSource(IObjectStore store, TimeProvider time) : IScrubSource
{
    private readonly RecordStore _records = new(store, new Ulid(time), time);

    public async ValueTask<ObjectContent?> OpenBlobAsync(Digest digest, IReadOnlyList<RepositoryName> holders, CancellationToken cancellationToken)
    {
        Versioned<BlobRecord>? found = await _records.ReadAsync<BlobRecord>(ContentKeys.Blob(digest), cancellationToken).ConfigureAwait(false);
        return found is { Record: { State: not BlobState.Gone } record }
            ? await store.OpenReadAsync(record.Data, 0, null, cancellationToken).ConfigureAwait(false)
            : null;
    }

    public async ValueTask<ReadOnlyMemory<byte>?> ReadManifestAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        Versioned<ManifestRecord>? found = await _records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken).ConfigureAwait(false);
        return found is { Record: { State: not ManifestState.Deleted } record } ? (ReadOnlyMemory<byte>?)record.Content : null;
    }
}
