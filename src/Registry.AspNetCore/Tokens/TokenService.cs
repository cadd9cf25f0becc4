using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Routing;
using Registry.AspNetCore.SignIn;
using Registry.Feeds;

namespace Registry.AspNetCore.Tokens;

/// <summary>Makes tokens: for whom, for how long, and for what of that which was asked for.</summary>
internal sealed class TokenService(
    RegistryGate gate, CallerReader callers, TokenProtector protector, RefreshTokenStore refreshTokens, ICredentialChain credentials, SignInOptions options, TimeProvider time)
    : IRefreshTokenService
{
    /// <summary>A token that was made.</summary>
    /// <param name="Text">The token.</param>
    /// <param name="Scope">What it can be used for, in the client's names.</param>
    /// <param name="Issued">When it was made.</param>
    /// <param name="RefreshToken">What the client may come back with.</param>
    public readonly record struct Made(string Text, string Scope, DateTimeOffset Issued, string? RefreshToken);

    public TimeSpan Lifetime => options.AccessTokenLifetime;

    public int MaxScopes => options.MaxScopes;

    /// <summary>Signs in with a user name and password.</summary>
    public ValueTask<RegistryCaller> SignInAsync(HttpContext context, string user, string password) => callers.SignInAsync(context, user, password);

    /// <summary>Signs in with a refresh token.</summary>
    /// <returns>Who it is of now; rejected where the token is not right, or not any more.</returns>
    public async ValueTask<RegistryCaller> SignInAsync(string refreshToken, string audience, CancellationToken cancellationToken) =>
        protector.TryReadRefresh(refreshToken, out TokenContent? content)
        && content.Audience == audience
        && content.Id is { } id
        && await refreshTokens.ExistsAsync(id, cancellationToken).ConfigureAwait(false)
            ? await callers.RenewAsync(content, cancellationToken).ConfigureAwait(false)
            : RegistryCaller.Rejected();

    /// <summary>The service that a token is made for, and how the names in its scopes are meant.</summary>
    /// <returns><see langword="null"/> where the client asks for the token of another service.</returns>
    public (string Audience, FeedView View)? FindAudience(HttpContext context, FeedView view, string? service)
    {
        string own = RegistryAuthority.ServiceOf(context, options, view);
        if (service is null || service == own)
        {
            return (own, view);
        }

        return !view.IsOfOneFeed && RegistryAuthority.FeedOf(service, view.Table) is { } feed ? (service, view with { Only = feed }) : null;
    }

    /// <summary>Makes a token. Less than was asked for is no error: what the user may not do is left out.</summary>
    public async ValueTask<Made> MakeAsync(RegistryCaller caller, string audience, FeedView view, TokenRequest request, CancellationToken cancellationToken)
    {
        var scopes = new List<TokenScope>();
        var texts = new List<string>();
        foreach (string text in request.Scopes.Distinct(StringComparer.Ordinal))
        {
            if (ScopeText.Parse(text) is not { } parsed || parsed.ToTokenScope(view) is not { } asked)
            {
                continue;
            }

            TokenScope scope = parsed.FindRepository(view) is { } repository ? asked with { Actions = await AllowedAsync(caller, repository, asked.Actions).ConfigureAwait(false) } : asked;
            if (scope.Actions != TokenActions.None)
            {
                scopes.Add(scope);
                texts.Add(parsed.IsCatalog ? ScopeText.FormatCatalog() : ScopeText.Format(parsed.Name, scope.Actions));
            }
        }

        DateTimeOffset now = time.GetUtcNow();
        var content = new TokenContent { Audience = audience, Issued = now, Expires = now + options.AccessTokenLifetime, Scopes = scopes };
        if (caller is not { IsAuthenticated: true, Validator: { } validator, Principal.Identity: ClaimsIdentity identity })
        {
            return new Made(protector.Write(content), string.Join(' ', texts), now, null);
        }

        content = content.WithUser(validator, identity);
        string? refresh = request.WantsRefreshToken && request.RefreshToken is null
            ? await MakeRefreshTokenAsync(content, identity, cancellationToken).ConfigureAwait(false)
            : request.RefreshToken;
        return new Made(protector.Write(content), string.Join(' ', texts), now, refresh);
    }

    /// <inheritdoc/>
    public async ValueTask<int> RevokeAllAsync(string userName, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(userName);
        return await refreshTokens.RemoveAllAsync(userName, cancellationToken).ConfigureAwait(false);
    }

    // A user who cannot be looked up again would keep for weeks what it was granted when it signed in.
    private async ValueTask<string?> MakeRefreshTokenAsync(TokenContent access, ClaimsIdentity identity, CancellationToken cancellationToken)
    {
        if (!credentials.CanRenew(access.Validator!) || identity.Name is not { Length: > 0 } user)
        {
            return null;
        }

        await refreshTokens.RemoveExpiredAsync(user, access.Issued - options.RefreshTokenLifetime, cancellationToken).ConfigureAwait(false);
        string id = await refreshTokens.AddAsync(user, cancellationToken).ConfigureAwait(false);
        return protector.WriteRefresh(access with { Id = id, Expires = access.Issued + options.RefreshTokenLifetime, Scopes = [] });
    }

    private async ValueTask<TokenActions> AllowedAsync(RegistryCaller caller, FeedRepository repository, TokenActions asked)
    {
        TokenActions allowed = TokenActions.None;
        AccessTarget target = AccessTarget.Of(repository);
        foreach ((TokenActions token, RegistryAction action) in
            ((TokenActions, RegistryAction)[])[(TokenActions.Pull, RegistryAction.Pull), (TokenActions.Push, RegistryAction.Push), (TokenActions.Delete, RegistryAction.Delete)])
        {
            if (asked.HasFlag(token) && await gate.MayAsync(caller, action, target).ConfigureAwait(false))
            {
                allowed |= token;
            }
        }

        return allowed;
    }
}
