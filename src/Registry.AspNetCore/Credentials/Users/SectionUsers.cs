using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace Registry.AspNetCore.Credentials.Users;

/// <summary>Users of a section of the host's configuration.</summary>
internal sealed class SectionUsers(IConfiguration section) : IUserSource
{
    private const string PasswordHash = "PasswordHash";
    private const string Roles = "Roles";

    public string Empty => section is IConfigurationSection { Path: { Length: > 0 } path } ? $"the configuration section '{path}' has no users." : "the configuration for AddUsers(…) has no users.";

    public IEnumerable<WrittenUser> Read()
    {
        foreach (IConfigurationSection user in section.GetChildren())
        {
            IConfigurationSection roles = user.GetSection(Roles);
            yield return new WrittenUser(
                user.Key,
                user[PasswordHash],
                [.. (roles.Value is { Length: > 0 } one ? [one] : roles.GetChildren().Select(static role => role.Value ?? ""))],
                [.. user.GetChildren().Select(static child => child.Key).Where(static key => !IsKnown(key))]);
        }
    }

    public IChangeToken? Watch() => section.GetReloadToken();

    private static bool IsKnown(string key) => key.Equals(PasswordHash, StringComparison.OrdinalIgnoreCase) || key.Equals(Roles, StringComparison.OrdinalIgnoreCase);
}
