using System.Security.Claims;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Tokens;
using Registry.Feeds;

namespace Registry.AspNetCore.SignIn;

/// <summary>Who sent a request.</summary>
internal sealed class RegistryCaller
{
    private readonly string[] _onlyFeeds;
    private readonly string[] _onlyActions;

    private RegistryCaller(ClaimsPrincipal principal, string? validator)
    {
        Principal = principal;
        Validator = validator;
        _onlyFeeds = Values(principal, RegistryClaims.OnlyFeed);
        _onlyActions = Values(principal, RegistryClaims.OnlyAction);
    }

    /// <summary>Nobody: the request has no credentials, or empty ones.</summary>
    public static RegistryCaller Nobody() => new(new ClaimsPrincipal(new ClaimsIdentity()), null);

    /// <summary>Somebody whose credentials are not right, or not any more.</summary>
    public static RegistryCaller Rejected() => new(new ClaimsPrincipal(new ClaimsIdentity()), null) { IsRejected = true };

    public ClaimsPrincipal Principal { get; }

    /// <summary>The name of the validator that knows the user, where it is one of the registry's.</summary>
    public string? Validator { get; }

    public bool IsAuthenticated => Principal.Identity?.IsAuthenticated == true;

    public bool IsRejected { get; private init; }

    /// <summary>Where there were too many failures: how long to wait.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>What the token that came with the request can be used for at most; <see langword="null"/> where none came.</summary>
    public TokenAccess? Token { get; private init; }

    public static RegistryCaller Throttled(TimeSpan retryAfter) => new(new ClaimsPrincipal(new ClaimsIdentity()), null) { IsRejected = true, RetryAfter = retryAfter };

    public static RegistryCaller SignedIn(ClaimsIdentity identity, string? validator, TokenAccess? token = null) => new(new ClaimsPrincipal(identity), validator) { Token = token };

    /// <summary>Somebody whose every request is answered by this same object.</summary>
    public static RegistryCaller Shared(ClaimsIdentity identity, string validator, TokenAccess token) => new(new FixedPrincipal(identity), validator) { Token = token };

    public static RegistryCaller OfHost(ClaimsPrincipal principal, TokenAccess? token) => new(principal, null) { Token = token };

    /// <summary>Whether the credentials themselves, an API key for some feeds say, are meant for this. They grant nothing.</summary>
    public bool IsFor(RegistryAction action, in AccessTarget target)
    {
        if (_onlyActions.Length > 0 && action != RegistryAction.Connect && !Contains(_onlyActions, action.ToString()))
        {
            return false;
        }

        if (_onlyFeeds.Length == 0 || target.FeedName is not { } feed)
        {
            return true;
        }

        foreach (string pattern in _onlyFeeds)
        {
            if (Wildcard.Matches(pattern, feed))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Contains(string[] actions, string action) => actions.Contains(action, StringComparer.OrdinalIgnoreCase);

    private static string[] Values(ClaimsPrincipal principal, string type) => principal.FindFirst(type) is null ? [] : [.. principal.FindAll(type).Select(static claim => claim.Value)];
}
