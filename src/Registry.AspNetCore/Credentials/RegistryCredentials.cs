using System.Net;

namespace Registry.AspNetCore.Credentials;

/// <summary>What a client signs in with: the user name and password of <c>Basic</c>, or of a token request. Never logged.</summary>
/// <param name="userName">The user name, never empty.</param>
/// <param name="password">The password.</param>
/// <param name="address">Where the client is, as far as the host trusts what it was told.</param>
public sealed class RegistryCredentials(string userName, string password, IPAddress? address)
{
    /// <summary>The user name: 1 to 255 characters without control characters.</summary>
    public string UserName { get; } = userName;

    /// <summary>The password: at most 4,096 characters.</summary>
    public string Password { get; } = password;

    /// <summary>Where the client is, as far as the host trusts what it was told.</summary>
    public IPAddress? Address { get; } = address;
}
