using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Registry.AspNetCore.Credentials;

/// <summary>Hashes passwords for configuration files.</summary>
public static class RegistryPasswords
{
    /// <summary>What is recommended for PBKDF2 with HMAC-SHA512, which this is (OWASP, Password Storage Cheat Sheet).</summary>
    internal const int Iterations = 210_000;

    /// <summary>Hashes a password in the format of ASP.NET Core's <see cref="PasswordHasher{TUser}"/>, with a salt of its own, for <c>AddUsers</c>.</summary>
    /// <param name="password">The password, 1 to 4,096 characters.</param>
    /// <returns>The hash, different at every call.</returns>
    public static string Hash(string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(password);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(password.Length, Chain.RegistryUserName.MaxPasswordLength, nameof(password));
        return new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = Iterations })).HashPassword("", password);
    }
}
