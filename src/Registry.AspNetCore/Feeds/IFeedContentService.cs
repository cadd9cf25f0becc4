namespace Registry.AspNetCore.Feeds;

/// <summary>Looks after what feeds hold. A service of the registry, keyed by its name.</summary>
public interface IFeedContentService
{
    /// <summary>
    /// Removes everything that a feed holds, before the feed itself is taken out. What other feeds hold too stays theirs. It can stop at any time and be begun again.
    /// </summary>
    /// <param name="feed">The feed's own name; empty for the default feed, which is not to be removed while there are others.</param>
    /// <param name="cancellationToken">Ends the removal; what is left is removed by the next one.</param>
    /// <returns>How many repositories were removed.</returns>
    /// <exception cref="InvalidOperationException">There is no such feed, or it is not disabled: nobody may push to it meanwhile, on no host.</exception>
    /// <exception cref="InvalidDataException">A stored record in one of the repositories cannot be read; the message says which. Everything else is removed.</exception>
    ValueTask<int> RemoveAllAsync(string feed, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a repository with all its tags and manifests, whatever rules there are for its tags. What other repositories hold too stays theirs. It can stop at any time and be begun again. Pushes that come while it goes on may
    /// lose what they pushed; one that comes at its very end, or within 30 seconds of it on another host, stays, and may be missing in the catalog until a later push, the next scan for what nothing needs, or a scrub.
    /// </summary>
    /// <param name="feed">The feed's own name; empty for the default feed. It may be in use.</param>
    /// <param name="repository">The repository's name within the feed.</param>
    /// <param name="cancellationToken">Ends the removal; what is left is removed by the next one.</param>
    /// <returns>Whether there was such a repository.</returns>
    /// <exception cref="InvalidOperationException">There is no such feed.</exception>
    /// <exception cref="ArgumentException">The repository's name is none, or another feed's.</exception>
    /// <exception cref="InvalidDataException">A stored record in it cannot be read; the message says which. Everything else is removed, and the repository stays listed.</exception>
    ValueTask<bool> RemoveRepositoryAsync(string feed, string repository, CancellationToken cancellationToken);
}
