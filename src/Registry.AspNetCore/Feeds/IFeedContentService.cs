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
    ValueTask<int> RemoveAllAsync(string feed, CancellationToken cancellationToken);
}
