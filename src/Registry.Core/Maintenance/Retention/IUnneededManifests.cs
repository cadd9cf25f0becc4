using Registry.Maintenance.Collection;
using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>Decides about manifests that a rule would remove because they have no tags: whether anything else needs them, and the two steps by which they go.</summary>
internal interface IUnneededManifests
{
    /// <summary>Takes the next step with a manifest, if nothing needs it: no tag, no index that is there, no subject that is there.</summary>
    /// <param name="repository">The repository, by its full name.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="minAge">How long ago it has to have been pushed, or to have been seen unneeded for the first time.</param>
    /// <param name="dryRun">Whether nothing is to be changed: the answer is what would have been done.</param>
    /// <param name="cancellationToken">Ends the step.</param>
    /// <returns>What became of it. <see cref="ManifestFate.Ripe"/>, as <see cref="ManifestFate.Removed"/>, says that it would be gone.</returns>
    ValueTask<ManifestFate> ConsiderAsync(RepositoryName repository, Digest digest, TimeSpan minAge, bool dryRun, CancellationToken cancellationToken);
}
