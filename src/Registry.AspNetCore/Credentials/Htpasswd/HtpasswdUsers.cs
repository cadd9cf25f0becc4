using System.Security.Claims;
using Registry.AspNetCore.Credentials.Chain;
using Registry.AspNetCore.Hosting;

namespace Registry.AspNetCore.Credentials.Htpasswd;

/// <summary>The users of a password file.</summary>
internal sealed class HtpasswdUsers(string name, HtpasswdFile file, BcryptLibrary bcrypt, HashingSlots slots) : ICredentialValidator, IAccountDirectory, IStartupCheck
{
    public string Name => name;

    public async ValueTask<ClaimsIdentity?> ValidateAsync(RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        HtpasswdTable users = file.Users;
        string? hash = users.FindHash(credentials.UserName);
        bool isRight = await slots.RunAsync(
            static check => check.Bcrypt.Verify(check.Password, check.Hash), (Bcrypt: bcrypt, credentials.Password, Hash: hash ?? users.DummyHash), cancellationToken).ConfigureAwait(false);
        return isRight && hash is not null ? users.FindIdentity(name, credentials.UserName) : null;
    }

    public ValueTask<ClaimsIdentity?> FindAsync(string userName, CancellationToken cancellationToken) => ValueTask.FromResult(file.Users.FindIdentity(name, userName));

    public IEnumerable<string> FindMistakes() =>
        bcrypt.IsAvailable
            ? file.Mistakes
            : file.Mistakes.Prepend("AddHtpasswd(…) needs the C library's crypt_r with bcrypt (libcrypt.so.1, libcrypt.so.2 or musl), and this system has none. On Windows and macOS, use AddUsers(…).");
}
