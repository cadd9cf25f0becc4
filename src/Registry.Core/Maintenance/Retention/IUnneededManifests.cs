using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>Decides about manifests that a rule would remove because they have no tags: whether anything else needs them, and the two steps by which they go.</summary>
internal interface IUnneededManifests
{
    /// <summary>Takes the next step with a manifest, if nothing needs it: no tag, no index that is there, no subject that is there.</summary>
    /// <param name="repository">The repository, by its full name.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="minAge">How long ago it has to have been pushed.</param>
    /// <param name="dryRun">Whether nothing is to be changed: the answer is what would have been done.</param>
    /// <param name="cancellationToken">Ends the step.</param>
    ValueTask<ManifestFate> ConsiderAsync(RepositoryName repository, Digest digest, TimeSpan minAge, bool dryRun, CancellationToken cancellationToken);
}

/// <summary>What became of a manifest.</summary>
internal enum ManifestFate
{
    /// <summary>Something needs it, or it is too young: it stays.</summary>
    Kept,

    /// <summary>Nothing needs it: it goes when that is still so at a later run.</summary>
    Condemned,

    /// <summary>It was condemned before and nothing needs it still: it is gone.</summary>
    Removed,

    /// <summary>It is not there any more.</summary>
    Absent,
}
