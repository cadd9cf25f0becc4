using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.ApiKeys;
using Registry.AspNetCore.Routing;
using Registry.AspNetCore.Tokens;

namespace Registry.AspNetCore.SignIn;

/// <summary>Finds out who sent a request: by the registry's own tokens, keys and passwords first, then by the host's schemes that the registry was told to use. The host's cookies and forms are none of them.</summary>
internal sealed class CallerReader(RegistryAccessOptions access, SignInOptions options, ICredentialChain? credentials, TokenProtector? tokens, HostHandlers handlers)
{
    // What tokens name in place of a validator: no validator's name, which would be looked up.
    private const string HostToken = "(host token)";

    /// <summary>Finds who sent a request without a wait, where its token was read lately and nothing has changed about its user since.</summary>
    public bool TryRecall(HttpContext context, in FeedView view, [NotNullWhen(true)] out RegistryCaller? caller)
    {
        if (tokens is not null
            && AuthorizationHeader.TryFindBearer(context.Request.Headers.Authorization, out string? text, out _)
            && tokens.TryRecall(text, out TokenContent? token)
            && token.Audience == RegistryAuthority.ServiceOf(context, options, view))
        {
            return TryRecall(token, out caller);
        }

        caller = null;
        return false;
    }

    /// <summary>Reads who sent a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="view">How the request names repositories.</param>
    public async ValueTask<RegistryCaller> ReadAsync(HttpContext context, FeedView view)
    {
        StringValues header = context.Request.Headers.Authorization;
        RegistryCaller? caller = null;
        if (access.UsesSignIn && header.Count > 0)
        {
            caller = AuthorizationHeader.TryFindBearer(header, out string? text, out int start) ? await ReadBearerAsync(context, text, start, view).ConfigureAwait(false)
                : AuthorizationHeader.TryRead(header, out string? scheme, out string? parameter) && scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
                    ? await ReadBasicAsync(context, parameter).ConfigureAwait(false)
                    : RegistryCaller.Rejected();
            if (!caller.IsRejected || caller.RetryAfter is not null)
            {
                return caller;
            }
        }

        return await ReadHostSchemesAsync(context, view).ConfigureAwait(false) ?? caller ?? RegistryCaller.Nobody();
    }

    /// <summary>Signs in with a user name and password. Empty ones are nobody's, which is no failure.</summary>
    public async ValueTask<RegistryCaller> SignInAsync(HttpContext context, string user, string password)
    {
        if (user.Length == 0 && password.Length == 0)
        {
            return RegistryCaller.Nobody();
        }

        foreach (string scheme in options.PasswordTokenSchemes)
        {
            if (await ReadHostTokenAsync(context, scheme, password).ConfigureAwait(false) is { } identity)
            {
                return RegistryCaller.SignedIn(identity, HostToken);
            }
        }

        return credentials is null
            ? RegistryCaller.Rejected()
            : ToCaller(await credentials.SignInAsync(user, password, AddressOf(context), context.RequestAborted).ConfigureAwait(false));
    }

    /// <summary>Who the user of a token is now.</summary>
    public async ValueTask<RegistryCaller> RenewAsync(TokenContent token, CancellationToken cancellationToken)
    {
        if (token.Validator is not { } validator || validator == HostToken)
        {
            return RegistryCaller.SignedIn(token.ToIdentity(), token.Validator, new TokenAccess(token.Scopes));
        }

        if (TryRecall(token, out RegistryCaller? recalled))
        {
            return recalled;
        }

        ClaimsIdentity? shared = FindShared(token, validator);
        ClaimsIdentity before = credentials?.CanRenew(validator) == true ? token.KnownIdentity : token.ToIdentity();
        if (credentials is null || await credentials.RenewAsync(validator, before, cancellationToken).ConfigureAwait(false) is not { } now)
        {
            return RegistryCaller.Rejected();
        }

        var access = new TokenAccess(token.Scopes);
        if (shared is null)
        {
            return RegistryCaller.SignedIn(now, validator, access);
        }

        var caller = RegistryCaller.Shared(shared, validator, access);
        token.Memory = new KnownCaller(shared, caller);
        return caller;
    }

    // The directory has another object for its user as soon as anything about it is different, and none once it is gone.
    private bool TryRecall(TokenContent token, [NotNullWhen(true)] out RegistryCaller? caller)
    {
        caller = token.Memory is KnownCaller known && ReferenceEquals(FindShared(token, known.Caller.Validator!), known.Identity) ? known.Caller : null;
        return caller is not null;
    }

    // Handlers of the host get users that are theirs alone.
    private ClaimsIdentity? FindShared(TokenContent token, string validator) =>
        credentials is null || handlers.TakePart || token.KnownName is not { Length: > 0 } user ? null : credentials.FindShared(validator, user);

    private async ValueTask<RegistryCaller> ReadBasicAsync(HttpContext context, string parameter) =>
        options.AllowBasic && AuthorizationHeader.TryReadBasic(parameter, out string? user, out string? password)
            ? await SignInAsync(context, user, password).ConfigureAwait(false)
            : RegistryCaller.Rejected();

    private async ValueTask<RegistryCaller> ReadBearerAsync(HttpContext context, string header, int start, FeedView view)
    {
        bool isKey = header.AsSpan(start).TrimStart().StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal);
        if (!isKey && tokens is not null && tokens.TryRead(header, start, out TokenContent? token))
        {
            return token.Audience == RegistryAuthority.ServiceOf(context, options, view) ? await RenewAsync(token, context.RequestAborted).ConfigureAwait(false) : RegistryCaller.Rejected();
        }

        // A token that has expired is no attempt to guess anything.
        return credentials is null || !isKey
            ? RegistryCaller.Rejected()
            : ToCaller(await credentials.SignInWithKeyAsync(header[start..].Trim(), AddressOf(context), context.RequestAborted).ConfigureAwait(false));
    }

    private async ValueTask<RegistryCaller?> ReadHostSchemesAsync(HttpContext context, FeedView view)
    {
        if (!access.UsesHostAuthorization)
        {
            return null;
        }

        if (access.AuthenticationSchemes.Count == 0)
        {
            // Whoever the host's middleware found. Beside users of the registry's own, that would let the host's cookies in.
            return access.UsesSignIn ? null : RegistryCaller.OfHost(context.User, null);
        }

        foreach (string scheme in access.AuthenticationSchemes)
        {
            AuthenticateResult result = await context.AuthenticateAsync(scheme).ConfigureAwait(false);
            if (result is { Succeeded: true, Principal: { } principal })
            {
                return RegistryCaller.OfHost(principal, ExternalAccess.Read(principal, view));
            }
        }

        return null;
    }

    // A scheme reads the header, so it is given one for as long as it looks.
    private static async ValueTask<ClaimsIdentity?> ReadHostTokenAsync(HttpContext context, string scheme, string password)
    {
        if (password.Length is 0 or > TokenProtector.MaxLength || password.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return null;
        }

        IServiceProvider services = context.RequestServices;
        if (await services.GetRequiredService<IAuthenticationSchemeProvider>().GetSchemeAsync(scheme).ConfigureAwait(false) is not { } found)
        {
            return null;
        }

        // The request's own handler may have looked at the request's own header already, and does not look twice.
        var handler = (IAuthenticationHandler)(services.GetService(found.HandlerType) ?? ActivatorUtilities.CreateInstance(services, found.HandlerType));
        IHeaderDictionary headers = context.Request.Headers;
        StringValues own = headers.Authorization;
        headers.Authorization = "Bearer " + password;
        try
        {
            await handler.InitializeAsync(found, context).ConfigureAwait(false);
            AuthenticateResult result = await handler.AuthenticateAsync().ConfigureAwait(false);
            return result is { Succeeded: true, Principal.Identity: ClaimsIdentity { IsAuthenticated: true } identity } ? identity : null;
        }
        finally
        {
            headers.Authorization = own;
        }
    }

    private static RegistryCaller ToCaller(in SignInResult result) =>
        result.Identity is { } identity ? RegistryCaller.SignedIn(identity, result.Validator)
        : result.RetryAfter is { } wait ? RegistryCaller.Throttled(wait)
        : RegistryCaller.Rejected();

    /// <summary>Whom a token is of, and the directory's object that it was found by.</summary>
    private sealed record KnownCaller(ClaimsIdentity Identity, RegistryCaller Caller);

    private static IPAddress? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress;
}
