using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace Registry.AspNetCore.Credentials.Chain;

/// <summary>Makes the identities of the registry's own validators.</summary>
internal static class UserIdentity
{
    private const int StampBytes = 8;

    public static ClaimsIdentity Create(string validator, string name, IEnumerable<string> roles, string? stamp)
    {
        var identity = new ClaimsIdentity(validator, ClaimTypes.Name, ClaimTypes.Role);
        identity.AddClaim(new Claim(ClaimTypes.Name, name));
        foreach (string role in roles)
        {
            identity.AddClaim(new Claim(ClaimTypes.Role, role));
        }

        if (stamp is not null)
        {
            identity.AddClaim(new Claim(RegistryClaims.Stamp, stamp));
        }

        return identity;
    }

    /// <summary>
    /// A stamp that changes with the password's hash and is the same on every node. Eight bytes of SHA-256 over a salted, slow hash do not give that hash back: there is nothing to guess it by but trying
    /// salts and passwords at the full price of the slow hash, and the salt alone has more bits than the stamp.
    /// </summary>
    public static string StampOf(string purpose, string passwordHash) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"registry stamp\0{purpose}\0{passwordHash}")).AsSpan(0, StampBytes));
}
