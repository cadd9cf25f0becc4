using Registry.Feeds;
using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>
/// The feed of a run as it is now. A run may take hours: what is set meanwhile holds for what it has not done yet, and it does not go on by rules that the feed does not have any more.
/// </summary>
/// <param name="feeds">The feeds as they are now.</param>
/// <param name="began">The feed as it was when the run began.</param>
/// <param name="isProtected">Whether a tag of a feed stays whatever rules say. It gets the repository's name within the feed.</param>
internal sealed class RetentionFeed(Func<FeedTable> feeds, ActiveFeed began, Func<ActiveFeed, RepositoryName, Tag, bool> isProtected)
{
    /// <summary>Why a run stops that began by rules which the feed has no more.</summary>
    public const string OtherRules = "The feed has other rules by now.";

    private readonly RetentionRule[] _rules = [.. began.Settings.Retention];

    /// <summary>The feed's own name.</summary>
    public string Name => began.Name;

    /// <summary>What the full names of its repositories begin with.</summary>
    public string Prefix => began.Prefix;

    /// <summary>Finds one of its repositories.</summary>
    /// <returns>The repository, or <see langword="null"/> where it is another feed's, or nobody's.</returns>
    public FeedRepository? Find(RepositoryName fullName) => feeds().OwnerOf(fullName) is { Feed: { } owner } found && owner.Name == Name ? found : null;

    /// <summary>Whether a tag stays whatever rules say. Those of a repository that has come to be another feed's do.</summary>
    public bool IsProtected(FeedRepository repository, Tag tag) => Find(repository.FullName) is not { Feed: { } owner } || isProtected(owner, repository.Name, tag);

    /// <summary>Says why nothing more is to be removed, where that is so.</summary>
    public string? FindReasonToStop()
    {
        if (feeds().FindByName(Name) is not { Settings: { } now })
        {
            return "The feed is gone, or disabled.";
        }

        if (now.ReadOnly)
        {
            return "The feed is read-only.";
        }

        if (now.Store != began.Settings.Store)
        {
            return "The feed has another store by now.";
        }

        return RetentionRules.AreSame(_rules, now.Retention) ? null : OtherRules;
    }
}
