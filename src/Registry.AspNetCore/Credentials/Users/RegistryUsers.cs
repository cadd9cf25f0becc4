using Microsoft.Extensions.Primitives;

namespace Registry.AspNetCore.Credentials.Users;

/// <summary>Users that are given by code.</summary>
public sealed class RegistryUsers : IUserSource
{
    private readonly List<WrittenUser> _users = [];

    internal RegistryUsers()
    {
    }

    string IUserSource.Empty => "AddUsers(…) adds no user.";

    /// <summary>Adds a user. What is wrong with it is said when the host starts.</summary>
    /// <param name="name">The user name, 1 to 255 characters without control characters and colons. Case matters. The name <c>api</c> is kept for API keys.</param>
    /// <param name="passwordHash">What <see cref="RegistryPasswords.Hash"/>, or ASP.NET Core's <c>PasswordHasher</c>, made of the password.</param>
    /// <param name="roles">The user's roles.</param>
    public RegistryUsers Add(string name, string passwordHash, params string[] roles)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(passwordHash);
        ArgumentNullException.ThrowIfNull(roles);
        _users.Add(new WrittenUser(name, passwordHash, [.. roles], []));
        return this;
    }

    IEnumerable<WrittenUser> IUserSource.Read() => _users;

    IChangeToken? IUserSource.Watch() => null;
}
