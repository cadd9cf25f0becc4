using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Claims;
using System.Security.Cryptography;
using Registry.AspNetCore.Credentials.Chain;

namespace Registry.AspNetCore.Credentials.Users;

/// <summary>The users of one moment.</summary>
internal sealed class UserTable
{
    private readonly FrozenDictionary<string, User> _users;

    private UserTable(FrozenDictionary<string, User> users, string dummyHash)
    {
        _users = users;
        DummyHash = dummyHash;
    }

    /// <summary>A hash that no password has and that costs as much as the most expensive one of the users.</summary>
    public string DummyHash { get; }

    public User? Find(string name) => _users.GetValueOrDefault(name);

    /// <summary>Makes the table, and names what is wrong with the users.</summary>
    /// <param name="validator">The validator's name.</param>
    /// <param name="sources">Where the users come from.</param>
    /// <param name="isStart">Whether the host starts: then a source without a user is a mistake, most likely in its name.</param>
    /// <param name="mistakes">Gets each mistake.</param>
    public static UserTable Read(string validator, IEnumerable<IUserSource> sources, bool isStart, ICollection<string> mistakes)
    {
        var users = new Dictionary<string, User>(StringComparer.Ordinal);
        HashFormat costliest = new(3, 2, RegistryPasswords.Iterations);
        bool first = true;
        foreach (IUserSource source in sources)
        {
            bool isEmpty = true;
            foreach (WrittenUser written in source.Read())
            {
                isEmpty = false;
                string? mistake = RegistryUserName.FindMistake(written.Name) ?? HashFormat.TryParse(written.PasswordHash, out HashFormat format) ?? FindMistake(written);
                if (mistake is not null)
                {
                    mistakes.Add($"user '{RegistryUserName.Show(written.Name)}': {mistake}.");
                    continue;
                }

                HashFormat.TryParse(written.PasswordHash, out format);
                costliest = first || format.Cost > costliest.Cost ? format : costliest;
                first = false;
                var identity = UserIdentity.Create(validator, written.Name, written.Roles, UserIdentity.StampOf(validator, written.PasswordHash!));
                if (!users.TryAdd(written.Name, new User(written.PasswordHash!, identity)))
                {
                    mistakes.Add($"user '{RegistryUserName.Show(written.Name)}': it is there twice.");
                }
            }

            if (isEmpty && isStart)
            {
                mistakes.Add(source.Empty);
            }
        }

        return new UserTable(users.ToFrozenDictionary(StringComparer.Ordinal), MakeDummy(costliest));
    }

    private static string? FindMistake(WrittenUser user) =>
        user.Unknown.Count > 0 ? $"the setting '{RegistryUserName.Show(user.Unknown[0])}' means nothing; there are PasswordHash and Roles"
        : user.Roles.Any(string.IsNullOrWhiteSpace) ? "a role has no name"
        : null;

    // Random bytes where the salt and the hash would be.
    private static string MakeDummy(HashFormat format)
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(format.Version == 2 ? 49 : 13 + 16 + 32);
        bytes[0] = format.Version == 2 ? (byte)0 : (byte)1;
        if (format.Version == 3)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), format.Algorithm);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(5), format.Iterations);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(9), 16);
        }

        return Convert.ToBase64String(bytes);
    }
}

/// <summary>A user as it signs in.</summary>
internal sealed record User(string PasswordHash, ClaimsIdentity Identity);
