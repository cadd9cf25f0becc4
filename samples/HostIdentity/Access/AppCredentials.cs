using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Registry.AspNetCore.Credentials;
using RegistryWithIdentity.Users;

namespace RegistryWithIdentity.Access;

/// <summary>
/// Lets the app's users sign in to the registry. As an account directory it also says at every request who a user is now: somebody who was removed, changed the password or lost a role is noticed at once,
/// whatever tokens are out. Guessing is the registry's to slow down, by user name and address, so Identity's lockout (with which a stranger can lock others out) is not used.
/// </summary>
internal sealed class AppCredentials(IServiceScopeFactory scopes) : ICredentialValidator, IAccountDirectory
{
    public const string ValidatorName = "app";

    public string Name => ValidatorName;

    public async ValueTask<ClaimsIdentity?> ValidateAsync(RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var user = await scope.ServiceProvider.GetRequiredService<PasswordCheck>().FindAsync(credentials.UserName, credentials.Password);
        return await IdentifyAsync(scope.ServiceProvider, user);
    }

    public async ValueTask<ClaimsIdentity?> FindAsync(string userName, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var user = await scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>().FindByNameAsync(userName);
        return await IdentifyAsync(scope.ServiceProvider, user);
    }

    private static async Task<ClaimsIdentity?> IdentifyAsync(IServiceProvider services, AppUser? user)
    {
        if (user is null)
        {
            return null;
        }

        var users = services.GetRequiredService<UserManager<AppUser>>();
        var identity = new ClaimsIdentity(ValidatorName, ClaimTypes.Name, ClaimTypes.Role);
        identity.AddClaim(new Claim(ClaimTypes.Name, user.UserName!)); // as it is written, whatever case the client used
        identity.AddClaim(new Claim(RegistryClaims.Stamp, await users.GetSecurityStampAsync(user)));
        identity.AddClaims((await users.GetRolesAsync(user)).Select(static role => new Claim(ClaimTypes.Role, role)));
        return identity;
    }
}
