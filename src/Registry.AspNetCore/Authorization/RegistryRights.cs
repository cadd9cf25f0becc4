using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Authorization;

/// <summary>What a registry itself says about access: the anonymous rights of its feeds and its grants.</summary>
internal sealed class RegistryRights(RegistryAccessOptions access, GrantBook grants, FeedDirectory feeds)
{
    /// <summary>Whether something is open to whoever asks, so that nothing need be decided caller by caller.</summary>
    public bool IsGrantedToAll(RegistryAction action, ActiveFeed? feed) => IsOpen(action, feed) && !grants.Current.Denies;

    /// <summary>Whether somebody who has not signed in may do anything anywhere.</summary>
    public bool OpensAnything => grants.Current.NamesAnonymous || feeds.Current.Feeds.Any(feed => AnonymousOf(feed) != AnonymousAccess.None);

    /// <summary>Whether everything is open to whoever asks.</summary>
    public bool OpensEverything => !grants.Current.Denies && feeds.Current.Feeds.All(feed => AnonymousOf(feed) == AnonymousAccess.Full);

    /// <summary>What the grants and the anonymous rights say.</summary>
    public GrantDecision Decide(ClaimsPrincipal caller, RegistryAction action, string? feedName, RepositoryName? repository) =>
        Decide(caller, action, feedName is null ? null : feeds.Current.FindByName(feedName), feedName, repository);

    /// <summary>What the grants and the anonymous rights say of a feed.</summary>
    public GrantDecision Decide(ClaimsPrincipal caller, RegistryAction action, ActiveFeed? feed, string? feedName, RepositoryName? repository)
    {
        GrantDecision decision = grants.Current.Decide(caller, action, feed, feedName, repository);
        return decision == GrantDecision.None && feedName is not null && IsOpen(action, feed) ? GrantDecision.Allow : decision;
    }

    /// <summary>The feeds in which a caller is granted something.</summary>
    public IReadOnlyList<GrantedFeeds> FeedsOf(ClaimsPrincipal caller) => grants.Current.FeedsOf(caller);

    /// <summary>Whether a decision could allow something in a feed. Far cheaper than the decision, so that those about the feeds of others need not be made.</summary>
    /// <param name="granted">What the caller is granted something in.</param>
    /// <param name="action">What is to be allowed.</param>
    /// <param name="feed">The feed.</param>
    public bool CouldAllow(IReadOnlyList<GrantedFeeds> granted, RegistryAction action, ActiveFeed feed)
    {
        for (int i = 0; i < granted.Count; i++)
        {
            if (granted[i].Contains(feed.Name))
            {
                return true;
            }
        }

        return IsOpen(action, feed);
    }

    private bool IsOpen(RegistryAction action, ActiveFeed? feed) => AnonymousOf(feed) switch
    {
        AnonymousAccess.Full => action is not (RegistryAction.Connect or RegistryAction.Administer),
        AnonymousAccess.Pull => action is RegistryAction.Pull or RegistryAction.List,
        _ => false,
    };

    private AnonymousAccess AnonymousOf(ActiveFeed? feed) => feed?.Settings.Anonymous ?? access.Anonymous;
}

/// <summary>Takes part in the host's authorization: says yes where a registry's own rules allow something, and no where they deny it, whatever the host's handlers say.</summary>
internal sealed class RegistryRightsHandler(IServiceProvider services) : AuthorizationHandler<RegistryRequirement, RegistryResource>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RegistryRequirement requirement, RegistryResource resource)
    {
        RegistryRights? rights = services.GetKeyedService<RegistryRights>(resource.Registry);
        switch (rights?.Decide(context.User, requirement.Action, resource.Feed, resource.Repository))
        {
            case GrantDecision.Allow:
                context.Succeed(requirement);
                break;
            case GrantDecision.Deny:
                context.Fail(new AuthorizationFailureReason(this, "A grant denies it."));
                break;
        }

        return Task.CompletedTask;
    }
}
