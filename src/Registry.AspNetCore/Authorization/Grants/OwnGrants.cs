using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Authorization;

/// <summary>Those grants on one feed that are to one user, which does not change: what a decision about it has to look at.</summary>
/// <param name="Table">Stands for all grants as they are written at one moment. It is another object after every change, and keeps no grants in memory that are not in force any more.</param>
/// <param name="Feed">The feed, as one moment's settings have it.</param>
/// <param name="Grants">The grants.</param>
internal sealed record OwnGrants(object Table, ActiveFeed Feed, Grant[] Grants)
{
    public GrantDecision Decide(RegistryAction action, RepositoryName? repository)
    {
        bool allowed = false;
        foreach (Grant grant in Grants)
        {
            if (grant.IsOn(action, repository))
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
}
