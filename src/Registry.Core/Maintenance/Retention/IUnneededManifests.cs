using Registry.Maintenance.Collection;
using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>Decides about manifests that a rule would remove because they have no tags: whether anything else needs them, and the two steps by which they go.</summary>
internal interface IUnneededManifests
{
    /// <summary>Takes the next step with each of some manifests, if nothing needs it: no tag, no index that is there, no subject that is there.</summary>
    /// <param name="repository">The repository, by its full name.</param>
    /// <param name="digests">The manifests.</param>
    /// <param name="findUsed">Finds those that have come to be used since a rule named them: asked of all that are to end, right before they do. They are kept.</param>
    /// <param name="dryRun">Whether nothing is to be changed: the answer is what would have been done.</param>
    /// <param name="cancellationToken">Ends the work, of which what was done is answered still: the others are kept.</param>
    /// <returns>What became of each, in their order.</returns>
    ValueTask<IReadOnlyList<UnneededLook>> ConsiderAsync(
        RepositoryName repository, IReadOnlyList<Digest> digests, Func<IReadOnlyCollection<Digest>, CancellationToken, ValueTask<IReadOnlyList<Digest>>> findUsed, bool dryRun, CancellationToken cancellationToken);
}

/// <summary>What became of a manifest.</summary>
/// <param name="Fate"><see cref="ManifestFate.Removed"/> also where a dry run would have removed it.</param>
/// <param name="Fault">What went wrong, where something did.</param>
internal readonly record struct UnneededLook(ManifestFate Fate, Exception? Fault = null);
