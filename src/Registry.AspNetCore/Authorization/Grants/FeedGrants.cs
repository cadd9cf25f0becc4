using System.Collections.Frozen;
using System.Security.Claims;
using Registry.Model;

namespace Registry.AspNetCore.Authorization;

/// <summary>The grants on one feed, sorted by whom they are to.</summary>
internal sealed class FeedGrants
{
    private readonly Grant[] _everyone;
    private readonly Grant[] _anonymous;
    private readonly Grant[] _authenticated;
    private readonly FrozenDictionary<string, Grant[]> _users;
    private readonly FrozenDictionary<string, Grant[]> _roles;

    public FeedGrants(Grant[] grants)
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

        foreach (string role in _roles.Count > 0 ? GrantTable.RolesOf(caller) : [])
        {
            if (_roles.TryGetValue(role, out Grant[]? roles))
            {
                grants.AddRange(roles);
            }
        }

        return [.. grants];
    }

    /// <summary>What the grants say about a caller.</summary>
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
