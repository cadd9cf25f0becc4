using Registry.Maintenance.Usage;
using Registry.Model;

namespace Registry.AspNetCore.Usage;

/// <summary>
/// Says how often things were pulled, and when last. A service of the registry, keyed by its name. A pull is a GET of a manifest, by tag or by digest, also one that is answered 304; a HEAD is none, but a use that
/// <see cref="PullUsage.LastPulled"/> tells. Pulls show once they have been written (<see cref="DockerRegistryOptions.UsageInterval"/>).
/// </summary>
public interface IUsageService
{
    /// <summary>How often a manifest was pulled, by its digest or by any tag.</summary>
    /// <param name="feed">The feed's own name; empty for the default feed.</param>
    /// <param name="repository">The repository's name within the feed.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="InvalidOperationException">There is no such feed.</exception>
    ValueTask<PullUsage> GetManifestAsync(string feed, RepositoryName repository, Digest digest, CancellationToken cancellationToken);

    /// <summary>
    /// How often a manifest was pulled by a tag, whatever manifest it was. Many clients ask where a tag points (HEAD) and pull by digest, which counts for the manifest alone, and is a use of the tag.
    /// </summary>
    /// <param name="feed">The feed's own name; empty for the default feed.</param>
    /// <param name="repository">The repository's name within the feed.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="InvalidOperationException">There is no such feed.</exception>
    ValueTask<PullUsage> GetTagAsync(string feed, RepositoryName repository, Tag tag, CancellationToken cancellationToken);

    /// <summary>How often a repository's manifests were pulled, also those that it does not have any more.</summary>
    /// <param name="feed">The feed's own name; empty for the default feed.</param>
    /// <param name="repository">The repository's name within the feed.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="InvalidOperationException">There is no such feed.</exception>
    ValueTask<PullUsage> GetRepositoryAsync(string feed, RepositoryName repository, CancellationToken cancellationToken);
}
