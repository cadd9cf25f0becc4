using Registry.Model;

namespace Registry.Feeds;

/// <summary>A feed as one moment's settings have it. It answers, unless it is said that it does not.</summary>
internal sealed class ActiveFeed(Feed settings)
{
    public Feed Settings { get; } = settings;

    /// <summary>Whether it answers.</summary>
    public bool Answers { get; } = settings.Enabled;

    /// <summary>What its content is stored under; empty for the default feed.</summary>
    public string Name { get; } = settings.Name;

    /// <summary>What listings call it.</summary>
    public string ClientName { get; } = settings.Aliases.Count > 0 ? settings.Aliases[0] : settings.Name;

    /// <summary>What may be done to its tags.</summary>
    public TagRules Tags { get; } = new(settings);

    /// <summary>What the full names of its repositories begin with.</summary>
    public string Prefix { get; } = settings.Name.Length == 0 ? "" : settings.Name + "/";

    /// <summary>Finds one of its repositories.</summary>
    /// <param name="name">The repository's name within the feed.</param>
    /// <param name="repository">The repository.</param>
    /// <returns>Whether the name is one that a repository of this feed can have.</returns>
    public bool TryResolve(ReadOnlySpan<char> name, out FeedRepository repository)
    {
        repository = default;
        if (!RepositoryName.TryParse(name, out RepositoryName local))
        {
            return false;
        }

        if (Prefix.Length == 0)
        {
            repository = new FeedRepository(this, local, local);
            return true;
        }

        // A feed's name is a part that names can begin with, so that together they are one unless they are too long.
        if (Prefix.Length + name.Length > RepositoryName.MaxLength)
        {
            return false;
        }

        repository = new FeedRepository(this, local, RepositoryName.Below(Prefix, local));
        return true;
    }
}

/// <summary>A repository and the feed that it is in.</summary>
/// <param name="Feed">The feed; <see langword="null"/> where no feed answers for the name.</param>
/// <param name="Name">The repository's name within the feed.</param>
/// <param name="FullName">The name that its content is stored under: the feed's, a slash, and its own.</param>
internal readonly record struct FeedRepository(ActiveFeed? Feed, RepositoryName Name, RepositoryName FullName);
