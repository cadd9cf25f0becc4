using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Registry.Model;

namespace Registry.AspNetCore.Authorization;

internal enum Verdict
{
    /// <summary>Go on.</summary>
    Allowed,

    /// <summary>Credentials could help: challenge.</summary>
    Unauthenticated,

    /// <summary>No credentials of this caller help.</summary>
    Denied,
}

/// <summary>Decides every operation, at every request: what was granted to everybody first, then the host's own schemes and handlers.</summary>
internal sealed class RegistryGate(string registry, RegistryAccessOptions access, IAuthorizationService authorization)
{
    /// <summary>Whether the caller may do this.</summary>
    public async ValueTask<Verdict> DecideAsync(HttpContext context, RegistryAction action, RepositoryName? repository, Tag? tag)
    {
        if (IsGrantedToAll(action))
        {
            return Verdict.Allowed;
        }

        if (!access.UsesHostAuthorization)
        {
            // There is no way to sign in, so asking for credentials would lead nowhere.
            return Verdict.Denied;
        }

        ClaimsPrincipal caller = await AuthenticateAsync(context).ConfigureAwait(false);
        bool authenticated = caller.Identity?.IsAuthenticated == true;
        if (action == RegistryAction.Connect && access.Anonymous != AnonymousAccess.None)
        {
            // Clients take their scheme from this answer alone: those without credentials are asked, so that they can push what they may.
            return authenticated ? Verdict.Allowed : Verdict.Unauthenticated;
        }

        AuthorizationResult result = await authorization.AuthorizeAsync(
            caller, new RegistryResource(registry, repository, tag), [RegistryRequirement.For(action)]).ConfigureAwait(false);
        return result.Succeeded ? Verdict.Allowed : authenticated ? Verdict.Denied : Verdict.Unauthenticated;
    }

    /// <summary>Whether the caller may do this, without asking for credentials when not.</summary>
    public async ValueTask<bool> AllowsAsync(HttpContext context, RegistryAction action, RepositoryName? repository) =>
        await DecideAsync(context, action, repository, null).ConfigureAwait(false) == Verdict.Allowed;

    /// <summary>Whether this is granted to whoever asks, so that nothing need be decided caller by caller.</summary>
    public bool IsGrantedToAll(RegistryAction action) => access.Anonymous switch
    {
        AnonymousAccess.Full => true,
        AnonymousAccess.Pull => action is RegistryAction.Pull or RegistryAction.List || (action == RegistryAction.Connect && !access.UsesHostAuthorization),
        _ => false,
    };

    /// <summary>Lets the host's schemes write their challenges. They may set a status; the caller sets the one that the protocol wants.</summary>
    public async Task ChallengeAsync(HttpContext context)
    {
        if (access.AuthenticationSchemes.Count == 0)
        {
            // A host whose own middleware says who the caller is need not have a scheme that could challenge.
            if (context.RequestServices.GetService<IAuthenticationSchemeProvider>() is { } schemes
                && await schemes.GetDefaultChallengeSchemeAsync().ConfigureAwait(false) is not null)
            {
                await context.ChallengeAsync().ConfigureAwait(false);
            }

            return;
        }

        foreach (string scheme in access.AuthenticationSchemes)
        {
            await context.ChallengeAsync(scheme).ConfigureAwait(false);
        }
    }

    private async ValueTask<ClaimsPrincipal> AuthenticateAsync(HttpContext context)
    {
        if (context.Items.TryGetValue(this, out object? known))
        {
            return (ClaimsPrincipal)known!;
        }

        ClaimsPrincipal caller = access.AuthenticationSchemes.Count == 0 ? context.User : new ClaimsPrincipal();
        foreach (string scheme in access.AuthenticationSchemes)
        {
            AuthenticateResult result = await context.AuthenticateAsync(scheme).ConfigureAwait(false);
            if (result is { Succeeded: true, Principal: { } principal })
            {
                caller = principal;
                break;
            }
        }

        context.Items[this] = caller;
        context.User = caller;
        return caller;
    }
}
