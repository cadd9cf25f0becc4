using System.Security.Claims;

namespace Registry.AspNetCore.Credentials;

/// <summary>
/// A directory in which a user is one object for as long as nothing about the user changes, so that who looks a user up at every request can tell at a glance that it is the one from before.
/// </summary>
internal interface ISharedAccounts
{
    /// <summary>Finds a user.</summary>
    /// <returns>The directory's own object, which nobody may change; <see langword="null"/> where there is no such user.</returns>
    ClaimsIdentity? FindShared(string userName);
}
