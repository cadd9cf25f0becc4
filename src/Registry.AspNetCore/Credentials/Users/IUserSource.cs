using Microsoft.Extensions.Primitives;

namespace Registry.AspNetCore.Credentials.Users;

/// <summary>Where configured users come from.</summary>
internal interface IUserSource
{
    /// <summary>Reads the users as they are written down, right or wrong.</summary>
    IEnumerable<WrittenUser> Read();

    /// <summary>What is wrong when there is no user at all at start-up.</summary>
    string Empty { get; }

    /// <summary>Tells of the next change; <see langword="null"/> where nothing changes.</summary>
    IChangeToken? Watch();
}

/// <summary>A user as it is written down.</summary>
/// <param name="Name">The user's name.</param>
/// <param name="PasswordHash">The password's hash.</param>
/// <param name="Roles">The user's roles.</param>
/// <param name="Unknown">Settings that mean nothing.</param>
internal sealed record WrittenUser(string Name, string? PasswordHash, IReadOnlyList<string> Roles, IReadOnlyList<string> Unknown);
