using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Credentials.Chain;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;

namespace Registry.AspNetCore.Credentials.Users;

/// <summary>The users that the host's configuration, or its code, names.</summary>
internal sealed class ConfiguredUsers : ICredentialValidator, IAccountDirectory, ISharedAccounts, IStartupCheck, IDisposable
{
    private readonly PasswordHasher<string> _hasher = new();
    private readonly HashingSlots _slots;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<IUserSource> _sources;
    private readonly List<string> _mistakes = [];
    private readonly List<IDisposable> _watches = [];
    private readonly Lock _reloading = new();
    private volatile UserTable _users;

    public ConfiguredUsers(IReadOnlyList<IUserSource> sources, HashingSlots slots, ILogger<ConfiguredUsers> logger)
    {
        _sources = sources;
        _slots = slots;
        _logger = logger;
        foreach (IUserSource source in sources)
        {
            // Before the first look, so that no change is missed.
            _watches.Add(ChangeToken.OnChange(source.Watch, Reload));
        }

        lock (_reloading)
        {
            _users = UserTable.Read(Name, sources, isStart: true, _mistakes);
        }
    }

    public string Name => "users";

    public async ValueTask<ClaimsIdentity?> ValidateAsync(RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        UserTable users = _users;
        User? user = users.Find(credentials.UserName);
        bool isRight = await _slots.RunAsync(
            static check => check.Hasher.VerifyHashedPassword("", check.Hash, check.Password) != PasswordVerificationResult.Failed,
            (Hasher: _hasher, Hash: user?.PasswordHash ?? users.DummyHash, credentials.Password),
            cancellationToken).ConfigureAwait(false);
        return isRight ? user?.Identity.Clone() : null;
    }

    public ValueTask<ClaimsIdentity?> FindAsync(string userName, CancellationToken cancellationToken) => ValueTask.FromResult(_users.Find(userName)?.Identity.Clone());

    public ClaimsIdentity? FindShared(string userName) => _users.Find(userName)?.Identity;

    public IEnumerable<string> FindMistakes() => _mistakes;

    public void Dispose()
    {
        foreach (IDisposable watch in _watches)
        {
            watch.Dispose();
        }
    }

    private void Reload()
    {
        lock (_reloading)
        {
            var mistakes = new List<string>();
            UserTable users = UserTable.Read(Name, _sources, isStart: false, mistakes);
            if (mistakes.Count > 0)
            {
                _logger.UsersNotReloaded(string.Join(' ', mistakes));
                return;
            }

            _users = users;
        }
    }
}
