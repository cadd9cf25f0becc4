using System.Security.Claims;

namespace Registry.AspNetCore.Credentials;

/// <summary>
/// Says whether a user name and a password belong together. A registry asks all of its validators in the order in which they were added, until one accepts.
/// </summary>
/// <remarks>
/// An unknown user must take as long to refuse as a wrong password, so that nobody learns which users there are: hash the password against a hash that nobody
/// has. Too many failures are refused before a validator is asked. What a validator accepts is remembered for a short while (as a keyed hash), so that a client
/// that sends its password with every request does not cost a slow hash each time.
/// </remarks>
public interface ICredentialValidator
{
    /// <summary>A name of this validator among the registry's, which the tokens of its users carry. It must not change while they are out.</summary>
    string Name { get; }

    /// <summary>Checks a user name and password.</summary>
    /// <param name="credentials">What the client gave.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <returns>
    /// The user, with a name (<see cref="ClaimsIdentity.NameClaimType"/>) and with whatever claims authorization needs, such as roles; <see langword="null"/>
    /// when this validator does not accept them. The claims go into the user's tokens, so they should be few.
    /// </returns>
    ValueTask<ClaimsIdentity?> ValidateAsync(RegistryCredentials credentials, CancellationToken cancellationToken);
}
