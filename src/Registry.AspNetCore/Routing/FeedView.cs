using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Routing;

/// <summary>
/// How a request names repositories: with a feed's name in front, or, where its path or its host stands for a feed already, by their names within that feed.
/// </summary>
/// <param name="Table">The feeds.</param>
/// <param name="Only">The feed that the path or the host stands for.</param>
/// <param name="Unknown">What the path calls a feed that is not there.</param>
internal readonly record struct FeedView(FeedTable Table, ActiveFeed? Only = null, string? Unknown = null)
{
    /// <summary>Whether every name is one within one feed.</summary>
    public bool IsOfOneFeed => Only is not null || Unknown is not null;

    /// <summary>Finds the repository that a client calls by a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="repository">The repository; one of no feed where no feed answers for the name.</param>
    /// <returns>Whether the name is one that a repository can have.</returns>
    public bool TryResolve(string name, out FeedRepository repository)
    {
        if (Only is not null)
        {
            return Only.TryResolve(name, out repository);
        }

        if (Unknown is null)
        {
            return Table.TryResolve(name, out repository);
        }

        bool valid = RepositoryName.TryParse(name, out RepositoryName local);
        repository = valid && RepositoryName.TryParse($"{Unknown}/{name}", out RepositoryName full) ? new FeedRepository(null, local, full) : default;
        return valid && repository != default;
    }
}
