using System.Collections.Concurrent;
using Registry.Content.Blobs;
using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Content.Manifests;

/// <summary>Looks whether everything that a manifest names is there, so that whatever can be pulled can be pulled whole.</summary>
internal sealed class ManifestContent(RecordStore records, RefStore refs, BlobStore blobs, ContentOptions options)
{
    /// <summary>Throws one error for every digest that is missing.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="document">The manifest.</param>
    /// <param name="content">What to look for, of all that the manifest names.</param>
    /// <param name="visibly">
    /// Whether to look if the content is visible in the repository: asked before the manifest's own refs are written, which would make it so. Otherwise, after that, whether it is there.
    /// </param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns>
    /// What is there: everything, except for children that a sparse index may leave out. The manifest must hold no more than this, since a ref to a child that
    /// the repository does not have would make a blob of another repository visible in it, now or when it is pushed there.
    /// </returns>
    /// <exception cref="RegistryException">Something is missing.</exception>
    public async ValueTask<Digest[]> ThrowIfMissingAsync(
        RepositoryName repository, ManifestDocument document, Digest[] content, bool visibly, CancellationToken cancellationToken)
    {
        HashSet<Digest> children = [.. document.Manifests.Select(static child => child.Digest)];
        var missing = new ConcurrentBag<Digest>();
        var leftOut = new ConcurrentBag<Digest>();
        await StoreConcurrency.ForEachAsync(
            content,
            options.StoreConcurrency,
            async (digest, token) =>
            {
                // A child of an index is a manifest, or, in the indexes that build caches are kept as, a blob.
                bool child = children.Contains(digest);
                bool found = (child && await IsLiveManifestAsync(repository, digest, keep: !visibly, token).ConfigureAwait(false))
                    || await HasBlobAsync(repository, digest, visibly, token).ConfigureAwait(false);
                if (!found)
                {
                    (child && options.AllowSparseIndexes ? leftOut : missing).Add(digest);
                }
            },
            cancellationToken).ConfigureAwait(false);
        if (!missing.IsEmpty)
        {
            throw new RegistryException([.. missing
                .OrderBy(static digest => digest.Value, StringComparer.Ordinal)
                .Select(static digest => new RegistryError(
                    RegistryErrorCode.ManifestBlobUnknown, $"The manifest names {digest}, which this repository does not have. Push or mount it first.", digest.Value))]);
        }

        return leftOut.IsEmpty ? content : [.. content.Except(leftOut)];
    }

    private async ValueTask<bool> IsLiveManifestAsync(RepositoryName repository, Digest digest, bool keep, CancellationToken cancellationToken)
    {
        if (!digest.IsSupported)
        {
            return false;
        }

        string key = ContentKeys.Manifest(repository, digest);
        Versioned<ManifestRecord>? found = await records.ReadAsync<ManifestRecord>(key, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            if (found is not { Record.State: ManifestState.Live })
            {
                return false;
            }

            if (!keep || found.Record.CondemnedAt is null || !Guards.Holds(Guard.ReviveChild))
            {
                return true;
            }

            // A collector found it unneeded before the ref to it was written.
            PutOutcome<ManifestRecord> outcome = await records.PutAsync(key, found.Record with { CondemnedAt = null }, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                return true;
            }

            await records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }
    }

    private async ValueTask<bool> HasBlobAsync(RepositoryName repository, Digest digest, bool visibly, CancellationToken cancellationToken) =>
        digest.IsSupported
        && (visibly
            ? await refs.ShowsAsync(repository, digest, cancellationToken).ConfigureAwait(false)
            : await blobs.ReviveAsync(digest, cancellationToken).ConfigureAwait(false) is not null);
}
