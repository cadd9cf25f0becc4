using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.AspNetCore.SignIn;
using Registry.Feeds;

namespace Registry.AspNetCore.Authorization;

/// <summary>Decides every operation, at every request: what is open to everybody first, then by who the caller is now, what its credentials are meant for, and what the host's authorization says.</summary>
internal sealed class RegistryGate(string registry, RegistryAccessOptions access, RegistryRights rights, CallerReader callers, IAuthorizationService authorization)
{
    /// <summary>Whether the caller may do this.</summary>
    public async ValueTask<Verdict> DecideAsync(HttpContext context, FeedView view, RegistryAction action, AccessTarget target)
    {
        if (action == RegistryAction.Connect ? rights.OpensEverything || (rights.OpensAnything && !access.KnowsCallers) : rights.IsGrantedToAll(action, target.Feed))
        {
            return Verdict.Allowed;
        }

        RegistryCaller caller = await CallerAsync(context, view).ConfigureAwait(false);
        if (caller.IsRejected)
        {
            return caller.RetryAfter is null ? Verdict.InvalidCredentials : Verdict.Throttled;
        }

        if (action == RegistryAction.Connect && (access.UsesSignIn || rights.OpensAnything))
        {
            // Clients take their scheme from this answer alone: those without credentials are asked, so that they can do more than what is open to all.
            return caller.IsAuthenticated || (caller.Token is not null && rights.OpensAnything) ? Verdict.Allowed : Verdict.Unauthenticated;
        }

        if (!caller.IsFor(action, target) || !await IsAllowedAsync(caller.Principal, action, target).ConfigureAwait(false))
        {
            return caller.IsAuthenticated || !access.KnowsCallers ? Verdict.Denied : Verdict.Unauthenticated;
        }

        return caller.Token?.Covers(action, target) == false ? Verdict.InsufficientScope : Verdict.Allowed;
    }

    /// <summary>Whether the caller may list some feed of those that a request can name.</summary>
    public async ValueTask<Verdict> DecideListAsync(HttpContext context, FeedView view)
    {
        if (view.IsOfOneFeed || view.Table.Feeds.Count == 0)
        {
            AccessTarget target = view.Only is { } only ? AccessTarget.Of(only) : new AccessTarget(null, view.Unknown ?? "");
            return await DecideAsync(context, view, RegistryAction.List, target).ConfigureAwait(false);
        }

        Verdict verdict = Verdict.Denied;
        foreach (ActiveFeed feed in view.Table.Feeds)
        {
            verdict = await DecideAsync(context, view, RegistryAction.List, AccessTarget.Of(feed)).ConfigureAwait(false);
            if (verdict == Verdict.Allowed)
            {
                break;
            }
        }

        return verdict;
    }

    /// <summary>Whether the caller may do this, without asking for credentials when not.</summary>
    public async ValueTask<bool> AllowsAsync(HttpContext context, FeedView view, RegistryAction action, AccessTarget target) =>
        await DecideAsync(context, view, action, target).ConfigureAwait(false) == Verdict.Allowed;

    /// <summary>Whether a listing that the caller may ask for shows something. What a token was made for says nothing of it: one for the catalog names no repository.</summary>
    public async ValueTask<bool> ShowsAsync(HttpContext context, FeedView view, AccessTarget target)
    {
        if (IsOpenToAll(target.Feed))
        {
            return true;
        }

        RegistryCaller caller = await CallerAsync(context, view).ConfigureAwait(false);
        return !caller.IsRejected
            && await MayAsync(caller, RegistryAction.List, target).ConfigureAwait(false)
            && (target.Repository is null || await MayAsync(caller, RegistryAction.Pull, target).ConfigureAwait(false));
    }

    /// <summary>Whether whoever asks may list and pull everything in a feed.</summary>
    public bool IsOpenToAll(ActiveFeed? feed) => rights.IsGrantedToAll(RegistryAction.List, feed) && rights.IsGrantedToAll(RegistryAction.Pull, feed);

    /// <summary>Whether one tag of a repository may be shown and another not: the host's handlers alone can tell tags apart.</summary>
    public bool TellsTagsApart(ActiveFeed? feed) => access.UsesHostAuthorization && !rights.IsGrantedToAll(RegistryAction.Pull, feed);

    /// <summary>Whether the caller may see a tag of a repository that it may list the tags of.</summary>
    public async ValueTask<bool> ShowsTagAsync(HttpContext context, FeedView view, AccessTarget target) =>
        await MayAsync(await CallerAsync(context, view).ConfigureAwait(false), RegistryAction.Pull, target).ConfigureAwait(false);

    /// <summary>Whether a user may do this, whatever the credentials that came with a request are meant for beyond the user's own.</summary>
    public async ValueTask<bool> MayAsync(RegistryCaller caller, RegistryAction action, AccessTarget target) =>
        rights.IsGrantedToAll(action, target.Feed) || (caller.IsFor(action, target) && await IsAllowedAsync(caller.Principal, action, target).ConfigureAwait(false));

    /// <summary>Who sent a request; found out once.</summary>
    public async ValueTask<RegistryCaller> CallerAsync(HttpContext context, FeedView view)
    {
        if (context.Items.TryGetValue(this, out object? known))
        {
            return (RegistryCaller)known!;
        }

        RegistryCaller caller = await callers.ReadAsync(context, view).ConfigureAwait(false);
        context.Items[this] = caller;
        context.User = caller.Principal;
        return caller;
    }

    private async ValueTask<bool> IsAllowedAsync(ClaimsPrincipal caller, RegistryAction action, AccessTarget target) =>
        (await authorization.AuthorizeAsync(caller, target.ToResource(registry), [RegistryRequirement.For(action)]).ConfigureAwait(false)).Succeeded;
}
