using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Authorization;

/// <summary>What a request is on, before anybody has said whether the caller may know that it is there.</summary>
/// <param name="Feed">The feed that answers; <see langword="null"/> where there is none of this name.</param>
/// <param name="FeedName">The feed's own name, or what the client called one that is not there; <see langword="null"/> for the registry as a whole.</param>
/// <param name="Repository">The repository's name within the feed.</param>
/// <param name="Tag">The tag.</param>
internal readonly record struct AccessTarget(ActiveFeed? Feed, string? FeedName, RepositoryName? Repository = null, Tag? Tag = null)
{
    /// <summary>The registry as a whole.</summary>
    public static AccessTarget Whole => default;

    public static AccessTarget Of(ActiveFeed feed) => new(feed, feed.Name);

    public static AccessTarget Of(in FeedRepository repository, Tag? tag = null)
    {
        if (repository.Feed is { } feed)
        {
            return new AccessTarget(feed, feed.Name, repository.Name, tag);
        }

        // A feed that is not there looks like one that the caller may not enter: its name is the first part.
        string name = repository.FullName.Value;
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? new AccessTarget(null, "", repository.FullName, tag)
            : new AccessTarget(null, name[..slash], RepositoryName.Parse(name.AsSpan(slash + 1)), tag);
    }

    public RegistryResource ToResource(string registry) => new(registry, FeedName, Repository, Tag);
}
