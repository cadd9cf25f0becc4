using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;

namespace RegistryWithIdentity.Users;

/// <summary>Whether a user name and a password belong together, for the form and for the registry. It takes as long where there is no such user, so that nobody learns which there are.</summary>
internal sealed class PasswordCheck(UserManager<AppUser> users, IPasswordHasher<AppUser> hasher, UnknownUserHash unknown)
{
    public async Task<AppUser?> FindAsync(string userName, string password)
    {
        if (await users.FindByNameAsync(userName) is { } user)
        {
            return await users.CheckPasswordAsync(user, password) ? user : null;
        }

        hasher.VerifyHashedPassword(new AppUser(), unknown.Value, password);
        return null;
    }
}

/// <summary>The hash of a password that nobody has.</summary>
internal sealed class UnknownUserHash
{
    // By the hasher and at the cost that the users' own are made with.
    public UnknownUserHash(IServiceScopeFactory scopes)
    {
        using IServiceScope scope = scopes.CreateScope();
        Value = scope.ServiceProvider.GetRequiredService<IPasswordHasher<AppUser>>().HashPassword(new AppUser(), RandomNumberGenerator.GetHexString(32));
    }

    public string Value { get; }
}
