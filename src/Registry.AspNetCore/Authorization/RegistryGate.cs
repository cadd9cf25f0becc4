using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Registry.AspNetCore.Routing;
using Registry.AspNetCore.SignIn;
using Registry.Feeds;

namespace Registry.AspNetCore.Authorization;

/// <summary>Decides every operation, at every request: what is open to everybody first, then by who the caller is now, what its credentials are meant for, and what the host's authorization says.</summary>
internal sealed class RegistryGate(string registry, RegistryAccessOptions access, RegistryRights rights, CallerReader callers, IAuthorizationService authorization, HostHandlers handlers)
{
    /// <summary>Whether the caller may do this.</summary>
    public ValueTask<Verdict> DecideAsync(RegistryRequest request, RegistryAction action, in AccessTarget target)
    {
        if (action == RegistryAction.Connect ? rights.OpensEverything || (rights.OpensAnything && !access.KnowsCallers) : rights.IsGrantedToAll(action, target.Feed))
        {
            return new(Verdict.Allowed);
        }

        return TryRecallCaller(request, out RegistryCaller? caller) ? DecideAsync(caller, action, target) : ReadAndDecideAsync(request, action, target);
    }

    private async ValueTask<Verdict> ReadAndDecideAsync(RegistryRequest request, RegistryAction action, AccessTarget target) =>
        await DecideAsync(await ReadCallerAsync(request).ConfigureAwait(false), action, target).ConfigureAwait(false);

    private ValueTask<Verdict> DecideAsync(RegistryCaller caller, RegistryAction action, in AccessTarget target)
    {
        if (caller.IsRejected)
        {
            return new(caller.RetryAfter is null ? Verdict.InvalidCredentials : Verdict.Throttled);
        }

        if (action == RegistryAction.Connect && (access.UsesSignIn || rights.OpensAnything))
        {
            // Clients take their scheme from this answer alone: those without credentials are asked, so that they can do more than what is open to all.
            return new(caller.IsAuthenticated || (caller.Token is not null && rights.OpensAnything) ? Verdict.Allowed : Verdict.Unauthenticated);
        }

        // Mostly nothing has to be waited for, and then what a wait needs is not made: it would be a large part of what a token costs.
        ValueTask<bool> allowed = IsMeantAndAllowedAsync(caller, action, target);
        return allowed.IsCompletedSuccessfully ? new(Conclude(allowed.Result, caller, action, target)) : ConcludeAsync(allowed, caller, action, target);
    }

    private async ValueTask<Verdict> ConcludeAsync(ValueTask<bool> allowed, RegistryCaller caller, RegistryAction action, AccessTarget target) =>
        Conclude(await allowed.ConfigureAwait(false), caller, action, target);

    private Verdict Conclude(bool isAllowed, RegistryCaller caller, RegistryAction action, in AccessTarget target) =>
        !isAllowed ? caller.IsAuthenticated || !access.KnowsCallers ? Verdict.Denied : Verdict.Unauthenticated
        : caller.Token?.Covers(action, target) == false ? Verdict.InsufficientScope
        : Verdict.Allowed;

    /// <summary>Whether the caller may list some feed of those that a request can name.</summary>
    public async ValueTask<Verdict> DecideListAsync(RegistryRequest request)
    {
        FeedView view = request.View;
        if (view.IsOfOneFeed || view.Table.Feeds.Count == 0)
        {
            AccessTarget target = view.Only is { } only ? AccessTarget.Of(only) : new AccessTarget(null, view.Unknown ?? "");
            return await DecideAsync(request, RegistryAction.List, target).ConfigureAwait(false);
        }

        Verdict verdict = Verdict.Denied;
        IReadOnlyList<ActiveFeed> feeds = view.Table.Feeds;
        for (int i = 0; i < feeds.Count && verdict != Verdict.Allowed; i++)
        {
            // The last one is what a refusal is about.
            if (i == feeds.Count - 1 || CouldList(request, feeds[i]))
            {
                verdict = await DecideAsync(request, RegistryAction.List, AccessTarget.Of(feeds[i])).ConfigureAwait(false);
            }
        }

        return verdict;
    }

    /// <summary>Whether it is worth while to ask for the right to list a feed. A listing asks that of every feed there is, and may list few of them.</summary>
    public bool CouldList(RegistryRequest request, ActiveFeed feed) =>
        handlers.TakePart || request.Caller is not { } caller || rights.CouldAllow(request.Granted ??= rights.FeedsOf(caller.Principal), RegistryAction.List, feed);

    /// <summary>Whether the caller may do this, without asking for credentials when not.</summary>
    public async ValueTask<bool> AllowsAsync(RegistryRequest request, RegistryAction action, AccessTarget target) =>
        await DecideAsync(request, action, target).ConfigureAwait(false) == Verdict.Allowed;

    /// <summary>Whether a listing that the caller may ask for shows something. What a token was made for says nothing of it: one for the catalog names no repository.</summary>
    public ValueTask<bool> ShowsAsync(RegistryRequest request, in AccessTarget target) =>
        IsOpenToAll(target.Feed) ? new(true)
        : TryRecallCaller(request, out RegistryCaller? caller) ? ShowsAsync(caller, target)
        : ReadAndShowAsync(request, target);

    /// <summary>Whether whoever asks may list and pull everything in a feed.</summary>
    public bool IsOpenToAll(ActiveFeed? feed) => rights.IsGrantedToAll(RegistryAction.List, feed) && rights.IsGrantedToAll(RegistryAction.Pull, feed);

    /// <summary>Whether one tag of a repository may be shown and another not: the host's handlers alone can tell tags apart.</summary>
    public bool TellsTagsApart(ActiveFeed? feed) => access.UsesHostAuthorization && !rights.IsGrantedToAll(RegistryAction.Pull, feed);

    /// <summary>Whether the caller may see a tag of a repository that it may list the tags of.</summary>
    public async ValueTask<bool> ShowsTagAsync(RegistryRequest request, AccessTarget target) =>
        await MayAsync(await CallerAsync(request).ConfigureAwait(false), RegistryAction.Pull, target).ConfigureAwait(false);

    /// <summary>Whether a user may do this, whatever the credentials that came with a request are meant for beyond the user's own.</summary>
    public ValueTask<bool> MayAsync(RegistryCaller caller, RegistryAction action, in AccessTarget target) =>
        rights.IsGrantedToAll(action, target.Feed) ? new(true) : IsMeantAndAllowedAsync(caller, action, target);

    /// <summary>Who sent a request; found out once.</summary>
    public ValueTask<RegistryCaller> CallerAsync(RegistryRequest request) => TryRecallCaller(request, out RegistryCaller? caller) ? new(caller) : ReadCallerAsync(request);

    private async ValueTask<RegistryCaller> ReadCallerAsync(RegistryRequest request) =>
        Keep(request, await callers.ReadAsync(request.Http, request.View).ConfigureAwait(false));

    private bool TryRecallCaller(RegistryRequest request, [NotNullWhen(true)] out RegistryCaller? caller)
    {
        caller = request.Caller;
        if (caller is null && callers.TryRecall(request.Http, request.View, out caller))
        {
            Keep(request, caller);
        }

        return caller is not null;
    }

    private static RegistryCaller Keep(RegistryRequest request, RegistryCaller caller)
    {
        request.Caller = caller;
        request.Http.User = caller.Principal;
        return caller;
    }

    private async ValueTask<bool> ReadAndShowAsync(RegistryRequest request, AccessTarget target) =>
        await ShowsAsync(await ReadCallerAsync(request).ConfigureAwait(false), target).ConfigureAwait(false);

    private ValueTask<bool> ShowsAsync(RegistryCaller caller, in AccessTarget target)
    {
        if (caller.IsRejected)
        {
            return new(false);
        }

        ValueTask<bool> lists = MayAsync(caller, RegistryAction.List, target);
        return !lists.IsCompletedSuccessfully ? ShowsAsync(lists, caller, target)
            : !lists.Result ? new(false)
            : target.Repository is null ? new(true)
            : MayAsync(caller, RegistryAction.Pull, target);
    }

    private async ValueTask<bool> ShowsAsync(ValueTask<bool> lists, RegistryCaller caller, AccessTarget target) =>
        await lists.ConfigureAwait(false) && (target.Repository is null || await MayAsync(caller, RegistryAction.Pull, target).ConfigureAwait(false));

    private ValueTask<bool> IsMeantAndAllowedAsync(RegistryCaller caller, RegistryAction action, in AccessTarget target) =>
        caller.IsFor(action, target) ? IsAllowedAsync(caller.Principal, action, target) : new(false);

    // Where nobody but the registry's own handler takes part in authorization, it is what decides; to ask it at once saves as much as all the rest costs.
    private ValueTask<bool> IsAllowedAsync(ClaimsPrincipal caller, RegistryAction action, in AccessTarget target) => handlers.TakePart
        ? IsAllowedByHostAsync(caller, action, target)
        : new(rights.Decide(caller, action, target.Feed, target.FeedName, target.Repository) == GrantDecision.Allow);

    private async ValueTask<bool> IsAllowedByHostAsync(ClaimsPrincipal caller, RegistryAction action, AccessTarget target) =>
        (await authorization.AuthorizeAsync(caller, target.ToResource(registry), [RegistryRequirement.For(action)]).ConfigureAwait(false)).Succeeded;
}
