using Microsoft.AspNetCore.Identity;
using RegistryWithIdentity.Access;

namespace RegistryWithIdentity.Users;

/// <summary>The two users that the sample begins with.</summary>
internal static class SampleUsers
{
    private static readonly (string Name, string Password, string Role)[] All =
    [
        ("ann", "Ann-sample-password-1", RolePrivileges.Publisher),
        ("ben", "Ben-sample-password-1", RolePrivileges.Reader),
    ];

    /// <summary>Makes those that are not there, and describes all.</summary>
    public static async Task<string> CreateAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>();
        foreach (var (name, password, role) in All)
        {
            if (await users.FindByNameAsync(name) is null)
            {
                var user = new AppUser { UserName = name };
                Check(await users.CreateAsync(user, password));
                Check(await users.AddToRoleAsync(user, role));
            }
        }

        return string.Join(Environment.NewLine, All.Select(static user => $"    {user.Name}, {user.Password}, {user.Role}"));
    }

    private static void Check(IdentityResult result)
    {
        if (!result.Succeeded)
        {
            throw new InvalidOperationException(result.ToString());
        }
    }
}
