using System.Security.Claims;

namespace Registry.AspNetCore.Credentials;

/// <summary>
/// An ability of an <see cref="ICredentialValidator"/>: it can tell at every request who a user is now. The registry asks for the user of each token and of each remembered
/// password, so that a removed user, a changed password (<see cref="RegistryClaims.Stamp"/>) and a role that was taken away count at once. It must be quick: a look into memory.
/// </summary>
public interface IAccountDirectory
{
    /// <summary>Finds a user.</summary>
    /// <param name="userName">The name that the validator gave the user.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The user as the validator would return it after signing in, or <see langword="null"/> when there is none any more.</returns>
    ValueTask<ClaimsIdentity?> FindAsync(string userName, CancellationToken cancellationToken);
}
