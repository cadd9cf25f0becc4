namespace Registry.AspNetCore.Tokens;

/// <summary>Looks after the refresh tokens that clients keep in place of a password. A service of the registry, keyed by its name.</summary>
public interface IRefreshTokenService
{
    /// <summary>
    /// Revokes every refresh token of a user, on every node, so that its clients have to sign in again. Access tokens that are out end by themselves within <see cref="SignIn.SignInOptions.AccessTokenLifetime"/>; a user who is to be shut out
    /// at once is removed where its credentials are.
    /// </summary>
    /// <param name="userName">The user's name, as its credential validator gives it.</param>
    /// <param name="cancellationToken">Ends the call; some of the tokens may be revoked then.</param>
    /// <returns>How many there were.</returns>
    ValueTask<int> RevokeAllAsync(string userName, CancellationToken cancellationToken);
}
