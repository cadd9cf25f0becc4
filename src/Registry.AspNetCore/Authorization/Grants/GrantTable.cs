using System.Collections.Concurrent;
using System.Collections.Frozen;
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

    private readonly object _moment = new();

    // Feeds that are there, so their number is bounded; a feed's own name says which grants are on it.
    private readonly ConcurrentDictionary<string, ByFeed> _byFeed = new(StringComparer.Ordinal);

    public GrantTable(IReadOnlyList<Grant> grants)
    {
        _grants = [.. grants];
        _toAnyFeed = [.. grants.Where(static grant => Wildcard.IsPattern(grant.Feed))];
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

    private ByFeed On(ActiveFeed feed) =>
        _byFeed.TryGetValue(feed.Name, out ByFeed? known) ? known : _byFeed.GetOrAdd(feed.Name, static (name, table) => Select(table._grants, name), this);

    private static ByFeed Select(Grant[] grants, string feed) => new([.. grants.Where(grant => Wildcard.Matches(grant.Feed, feed))]);

    private sealed class ByFeed
    {
        private readonly Grant[] _everyone;
        private readonly Grant[] _anonymous;
        private readonly Grant[] _authenticated;
        private readonly FrozenDictionary<string, Grant[]> _users;
        private readonly FrozenDictionary<string, Grant[]> _roles;

        public ByFeed(Grant[] grants)
        {
            _everyone = To(GrantSubject.Everyone);
            _anonymous = To(GrantSubject.Anonymous);
            _authenticated = To(GrantSubject.Authenticated);
            _users = ByName(GrantSubject.User);
            _roles = ByName(GrantSubject.Role);

            Grant[] To(GrantSubject subject) => [.. grants.Where(grant => grant.Subject == subject)];

            FrozenDictionary<string, Grant[]> ByName(GrantSubject subject) =>
                To(subject).GroupBy(static grant => grant.SubjectName, StringComparer.Ordinal).ToFrozenDictionary(static group => group.Key, static group => group.ToArray(), StringComparer.Ordinal);
        }

        /// <summary>The grants to a caller.</summary>
        public Grant[] To(ClaimsPrincipal caller)
        {
            if (caller.Identity is not { IsAuthenticated: true } identity)
            {
                return [.. _everyone, .. _anonymous];
            }

            List<Grant> grants = [.. _everyone, .. _authenticated];
            if (identity.Name is { } name && _users.TryGetValue(name, out Grant[]? users))
            {
                grants.AddRange(users);
            }

            if (_roles.Count > 0)
            {
                foreach (ClaimsIdentity one in caller.Identities)
                {
                    foreach (Claim claim in one.Claims)
                    {
                        if (claim.Type == one.RoleClaimType && _roles.TryGetValue(claim.Value, out Grant[]? roles))
                        {
                            grants.AddRange(roles);
                        }
                    }
                }
            }

            return [.. grants];
        }

        public GrantDecision Decide(ClaimsPrincipal caller, RegistryAction action, RepositoryName? repository)
        {
            bool allowed = false;
            if (IsDenied(_everyone, action, repository, ref allowed))
            {
                return GrantDecision.Deny;
            }

            if (caller.Identity is not { IsAuthenticated: true } identity)
            {
                return IsDenied(_anonymous, action, repository, ref allowed) ? GrantDecision.Deny : allowed ? GrantDecision.Allow : GrantDecision.None;
            }

            if (IsDenied(_authenticated, action, repository, ref allowed)
                || (identity.Name is { } name && _users.TryGetValue(name, out Grant[]? users) && IsDenied(users, action, repository, ref allowed))
                || (_roles.Count > 0 && IsDeniedByRole(caller, action, repository, ref allowed)))
            {
                return GrantDecision.Deny;
            }

            return allowed ? GrantDecision.Allow : GrantDecision.None;
        }

        private bool IsDeniedByRole(ClaimsPrincipal caller, RegistryAction action, RepositoryName? repository, ref bool allowed)
        {
            foreach (ClaimsIdentity identity in caller.Identities)
            {
                foreach (Claim claim in identity.Claims)
                {
                    if (claim.Type == identity.RoleClaimType && _roles.TryGetValue(claim.Value, out Grant[]? grants) && IsDenied(grants, action, repository, ref allowed))
                    {
                        return true;
                    }
                }
            }

            return false;
        }

        private static bool IsDenied(Grant[] grants, RegistryAction action, RepositoryName? repository, ref bool allowed)
        {
            foreach (Grant grant in grants)
            {
                if (grant.IsOn(action, repository))
                {
                    if (grant.Denies)
                    {
                        return true;
                    }

                    allowed = true;
                }
            }

            return false;
        }
    }
}
