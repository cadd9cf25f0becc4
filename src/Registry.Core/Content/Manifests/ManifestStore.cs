using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Content.Manifests;

/// <summary>Manifests. A manifest's record is the one place where it is decided whether it exists; everything it names is held before it goes live.</summary>
internal sealed class ManifestStore(ManifestRecords manifests, ManifestPush push, ManifestDeletion deletion, TagStore tags)
{
    /// <summary>Reads a manifest, or returns <see langword="null"/> where the repository does not have it.</summary>
    public async ValueTask<StoredManifest?> GetAsync(RepositoryName repository, Reference reference, CancellationToken cancellationToken)
    {
        if (reference.Tag is not { } tag)
        {
            return await manifests.GetAsync(repository, reference.Digest, generation: null, cancellationToken).ConfigureAwait(false);
        }

        TagTarget? target = await tags.FindAsync(repository, tag, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; ; attempt++)
        {
            StoredManifest? manifest = await manifests.GetAsync(repository, target?.Digest, target?.ManifestGeneration, cancellationToken).ConfigureAwait(false);
            if (manifest is not null || target is null)
            {
                return manifest;
            }

            // The tag may have been moved, and what it pointed at deleted, since the tag was read.
            TagTarget? now = await tags.FindAsync(repository, tag, cancellationToken).ConfigureAwait(false);
            if (now == target)
            {
                tags.NoteLeft(repository, tag);
                return null;
            }

            await manifests.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            target = now;
        }
    }

    /// <inheritdoc cref="ManifestPush.PutAsync"/>
    public ValueTask PutAsync(RepositoryName repository, StoredManifest manifest, ManifestDocument document, Pointing pointing, CancellationToken cancellationToken) =>
        push.PutAsync(repository, manifest, document, pointing, cancellationToken);

    /// <summary>Deletes a manifest and every tag that points at it, whatever rules there are for tags.</summary>
    /// <returns>Whether there was one.</returns>
    public ValueTask<bool> DeleteAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        DeleteAsync(repository, digest, TagGuard.None, default, cancellationToken);

    /// <inheritdoc cref="ManifestDeletion.DeleteAsync"/>
    public ValueTask<bool> DeleteAsync(RepositoryName repository, Digest digest, TagGuard guard, ChangedBy by, CancellationToken cancellationToken) =>
        deletion.DeleteAsync(repository, digest, guard, by, cancellationToken);

    /// <inheritdoc cref="ManifestDeletion.EndAsync"/>
    public ValueTask<bool> EndAsync(RepositoryName repository, Digest digest, Versioned<ManifestRecord> found, CancellationToken cancellationToken) =>
        deletion.EndAsync(repository, digest, found, cancellationToken);

    /// <summary>Marks a manifest as unneeded, as it was read, or takes the mark away.</summary>
    /// <returns>Whether it was still as it was read.</returns>
    public async ValueTask<bool> MarkAsync(RepositoryName repository, Digest digest, Versioned<ManifestRecord> found, DateTimeOffset? condemnedAt, CancellationToken cancellationToken) =>
        (await manifests.PutAsync(repository, digest, found.Record with { CondemnedAt = condemnedAt }, found, cancellationToken).ConfigureAwait(false)).Won;

    /// <summary>Forgets what this process knows of a manifest whose record was changed beside this class.</summary>
    public void Forget(RepositoryName repository, Digest digest) => manifests.Forget(repository, digest);
}
