using System.Collections.Concurrent;
using System.Security.Claims;
using Registry.AspNetCore.SignIn;
using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Authorization;

internal enum GrantDecision
{
    /// <summary>No grant says anything.</summary>
    None,
    Allow,
    Deny,
}

/// <summary>All grants of a registry, sorted by feed and by whom they are to, so that a decision looks at few of them and allocates nothing.</summary>
internal sealed class GrantTable
{
    public static readonly GrantTable Empty = new([]);

    private readonly Grant[] _grants;
    private readonly Grant[] _toAnyFeed;
    private readonly Dictionary<(GrantSubject Subject, string Name), GrantedFeeds> _granted;

    // Tells this table from those before and after it.
    private readonly object _moment = new();

    // Feeds that are there, so their number is bounded; a feed's own name says which grants are on it.
    private readonly ConcurrentDictionary<string, FeedGrants> _byFeed = new(StringComparer.Ordinal);

    public GrantTable(IReadOnlyList<Grant> grants)
    {
        _grants = [.. grants];
        _toAnyFeed = [.. grants.Where(static grant => Wildcard.IsPattern(grant.Feed))];
        _granted = grants
            .Where(static grant => !grant.Denies)
            .GroupBy(static grant => (grant.Subject, grant.Subject is GrantSubject.User or GrantSubject.Role ? grant.SubjectName : ""))
            .ToDictionary(static group => group.Key, static group => new GrantedFeeds(group.Select(static grant => grant.Feed)));
        NamesAnonymous = grants.Any(static grant => !grant.Denies && grant.Subject is GrantSubject.Anonymous or GrantSubject.Everyone);
        Denies = grants.Any(static grant => grant.Denies);
    }

    public bool IsEmpty => _grants.Length == 0;

    /// <summary>Whether somebody who has not signed in is granted something.</summary>
    public bool NamesAnonymous { get; }

    /// <summary>Whether anything is taken away, so that what is open to all has to be looked at too.</summary>
    public bool Denies { get; }

    /// <summary>What the grants say about a caller.</summary>
    public GrantDecision Decide(ClaimsPrincipal caller, RegistryAction action, ActiveFeed? feed, string? feedName, RepositoryName? repository)
    {
        if (IsEmpty || feedName is null)
        {
            return GrantDecision.None;
        }

        if (feed is not null)
        {
            return caller is FixedPrincipal user ? OwnOf(user, feed).Decide(action, repository) : On(feed).Decide(caller, action, repository);
        }

        // There is no such feed, and no limit to the names that clients think of: nothing is made ready for it.
        bool allowed = false;
        foreach (Grant grant in _toAnyFeed)
        {
            if (grant.IsOn(action, repository) && grant.IsTo(caller) && Wildcard.Matches(grant.Feed, feedName))
            {
                if (grant.Denies)
                {
                    return GrantDecision.Deny;
                }

                allowed = true;
            }
        }

        return allowed ? GrantDecision.Allow : GrantDecision.None;
    }

    /// <summary>The feeds in which a caller is granted anything at all; elsewhere no grant allows it something. It is found at the cost of the caller's roles, however many grants there are.</summary>
    public IReadOnlyList<GrantedFeeds> FeedsOf(ClaimsPrincipal caller)
    {
        var found = new List<GrantedFeeds>();
        Add(GrantSubject.Everyone, "");
        if (caller.Identity is not { IsAuthenticated: true } identity)
        {
            Add(GrantSubject.Anonymous, "");
            return found;
        }

        Add(GrantSubject.Authenticated, "");
        Add(GrantSubject.User, identity.Name ?? "");
        foreach (string role in RolesOf(caller))
        {
            Add(GrantSubject.Role, role);
        }

        return found;

        void Add(GrantSubject subject, string name)
        {
            if (_granted.TryGetValue((subject, name), out GrantedFeeds? feeds))
            {
                found.Add(feeds);
            }
        }
    }

    /// <summary>The roles of a caller.</summary>
    public static IEnumerable<string> RolesOf(ClaimsPrincipal caller) =>
        caller.Identities.SelectMany(static identity => identity.Claims.Where(claim => claim.Type == identity.RoleClaimType)).Select(static claim => claim.Value);

    // One feed for each user, so that there are no more of these than users that are remembered.
    private OwnGrants OwnOf(FixedPrincipal user, ActiveFeed feed)
    {
        OwnGrants? known = user.Grants;
        if (known is null || known.Table != _moment || known.Feed != feed)
        {
            user.Grants = known = new OwnGrants(_moment, feed, On(feed).To(user));
        }

        return known;
    }

    private FeedGrants On(ActiveFeed feed) =>
        _byFeed.TryGetValue(feed.Name, out FeedGrants? known) ? known : _byFeed.GetOrAdd(feed.Name, static (name, table) => Select(table._grants, name), this);

    private static FeedGrants Select(Grant[] grants, string feed) => new([.. grants.Where(grant => Wildcard.Matches(grant.Feed, feed))]);
}
