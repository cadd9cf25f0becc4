using System.Security.Claims;
using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Authorization;

internal enum GrantSubject
{
    Everyone,
    Anonymous,
    Authenticated,
    User,
    Role,
}

/// <summary>One line of who may, or may not, do what where.</summary>
/// <param name="Subject">To whom.</param>
/// <param name="SubjectName">The user's or the role's name.</param>
/// <param name="Feed">A wildcard for feeds' own names.</param>
/// <param name="Repository">A wildcard for repositories' names within the feed.</param>
/// <param name="Actions">A bit for each action.</param>
/// <param name="Denies">Whether it takes away.</param>
internal sealed record Grant(GrantSubject Subject, string SubjectName, string Feed, string Repository, int Actions, bool Denies)
{
    public static int Bit(RegistryAction action) => 1 << (int)action;

    public bool IsTo(ClaimsPrincipal caller) => Subject switch
    {
        GrantSubject.Everyone => true,
        GrantSubject.Anonymous => caller.Identity?.IsAuthenticated != true,
        GrantSubject.Authenticated => caller.Identity?.IsAuthenticated == true,
        GrantSubject.User => caller.Identity is { IsAuthenticated: true, Name: { } name } && name == SubjectName,
        _ => caller.Identity?.IsAuthenticated == true && caller.IsInRole(SubjectName),
    };

    public bool IsOn(RegistryAction action, RepositoryName? repository)
    {
        if ((Actions & Bit(action)) == 0)
        {
            return false;
        }

        // The feed as a whole: whoever may list some of it may ask for the list, and is shown that. What is denied in a part is not denied in the whole.
        return repository is { } name ? Wildcard.Matches(Repository, name.Value) : Repository == "*" || (!Denies && action == RegistryAction.List);
    }
}
