using System.Net;
using System.Security.Claims;

namespace Registry.AspNetCore.Credentials;

/// <summary>All validators of one registry, with the limits on failures before them and the memory of what was accepted behind them.</summary>
internal interface ICredentialChain
{
    /// <summary>Signs in with a user name and password.</summary>
    ValueTask<SignInResult> SignInAsync(string userName, string password, IPAddress? address, CancellationToken cancellationToken);

    /// <summary>Signs in with an API key that is sent as a bearer token.</summary>
    /// <returns>Not accepted, too, where the registry has no API keys.</returns>
    ValueTask<SignInResult> SignInWithKeyAsync(string key, IPAddress? address, CancellationToken cancellationToken);

    /// <summary>Whether a validator can tell later who its users are then, so that they can be signed in for long.</summary>
    bool CanRenew(string validator);

    /// <summary>Who a user that signed in before is now, as the validator's own object: the same for as long as nothing about the user has changed.</summary>
    /// <returns><see langword="null"/> where there is no such user, or the validator has no such objects.</returns>
    ClaimsIdentity? FindShared(string validator, string userName);

    /// <summary>Who a user that signed in before is now.</summary>
    /// <param name="validator">The name of the validator that accepted the user.</param>
    /// <param name="identity">The user as it was then.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The user as it is now; <see langword="null"/> when it has to sign in again.</returns>
    ValueTask<ClaimsIdentity?> RenewAsync(string validator, ClaimsIdentity identity, CancellationToken cancellationToken);
}
