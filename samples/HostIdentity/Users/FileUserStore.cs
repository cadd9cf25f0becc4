using Microsoft.AspNetCore.Identity;

namespace RegistryWithIdentity.Users;

/// <summary>Identity's view of the users.</summary>
internal sealed class FileUserStore(UserFile file) : IUserPasswordStore<AppUser>, IUserRoleStore<AppUser>, IUserSecurityStampStore<AppUser>
{
    public Task<IdentityResult> CreateAsync(AppUser user, CancellationToken cancellationToken) => SaveAsync(user);

    public Task<IdentityResult> UpdateAsync(AppUser user, CancellationToken cancellationToken) => SaveAsync(user);

    public Task<IdentityResult> DeleteAsync(AppUser user, CancellationToken cancellationToken)
    {
        file.Remove(user.Id);
        return Task.FromResult(IdentityResult.Success);
    }

    public Task<AppUser?> FindByIdAsync(string userId, CancellationToken cancellationToken) => Task.FromResult(file.Find(user => user.Id == userId));

    public Task<AppUser?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        Task.FromResult(file.Find(user => user.NormalizedUserName == normalizedUserName));

    public Task<string> GetUserIdAsync(AppUser user, CancellationToken cancellationToken) => Task.FromResult(user.Id);

    public Task<string?> GetUserNameAsync(AppUser user, CancellationToken cancellationToken) => Task.FromResult(user.UserName);

    public Task SetUserNameAsync(AppUser user, string? userName, CancellationToken cancellationToken) => Set(() => user.UserName = userName);

    public Task<string?> GetNormalizedUserNameAsync(AppUser user, CancellationToken cancellationToken) => Task.FromResult(user.NormalizedUserName);

    public Task SetNormalizedUserNameAsync(AppUser user, string? normalizedName, CancellationToken cancellationToken) => Set(() => user.NormalizedUserName = normalizedName);

    public Task<string?> GetPasswordHashAsync(AppUser user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash);

    public Task SetPasswordHashAsync(AppUser user, string? passwordHash, CancellationToken cancellationToken) => Set(() => user.PasswordHash = passwordHash);

    public Task<bool> HasPasswordAsync(AppUser user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash is not null);

    public Task<string?> GetSecurityStampAsync(AppUser user, CancellationToken cancellationToken) => Task.FromResult(user.SecurityStamp);

    public Task SetSecurityStampAsync(AppUser user, string stamp, CancellationToken cancellationToken) => Set(() => user.SecurityStamp = stamp);

    // Identity hands role names over in capitals.
    public Task AddToRoleAsync(AppUser user, string roleName, CancellationToken cancellationToken) => Set(() => user.Roles.Add(Name(roleName)));

    public Task RemoveFromRoleAsync(AppUser user, string roleName, CancellationToken cancellationToken) => Set(() => user.Roles.Remove(Name(roleName)));

    public Task<IList<string>> GetRolesAsync(AppUser user, CancellationToken cancellationToken) => Task.FromResult<IList<string>>([.. user.Roles]);

    public Task<bool> IsInRoleAsync(AppUser user, string roleName, CancellationToken cancellationToken) => Task.FromResult(user.Roles.Contains(Name(roleName)));

    public Task<IList<AppUser>> GetUsersInRoleAsync(string roleName, CancellationToken cancellationToken) =>
        Task.FromResult<IList<AppUser>>(file.FindAll(user => user.Roles.Contains(Name(roleName))));

    public void Dispose()
    {
        // The file outlives a request.
    }

    private static string Name(string role) => role.ToLowerInvariant();

    private static Task Set(Action set)
    {
        set();
        return Task.CompletedTask;
    }

    private Task<IdentityResult> SaveAsync(AppUser user)
    {
        file.Save(user);
        return Task.FromResult(IdentityResult.Success);
    }
}
