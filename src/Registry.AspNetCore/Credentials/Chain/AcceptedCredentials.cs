using System.Security.Claims;
using Registry.Content.Caching;

namespace Registry.AspNetCore.Credentials.Chain;

/// <summary>
/// Remembers for a short while which credentials were accepted, by a keyed hash of them and in a table of fixed size. Whoever finds something here still asks who the user is now.
/// </summary>
internal sealed class AcceptedCredentials(TimeSpan lifetime, TimeProvider time)
{
    private readonly KeyedHash _hash = new();
    private readonly FactCache<TextHash, AcceptedUser> _users = new(lifetime, time);

    public TextHash KeyOf(string userName, string password) => _hash.Of(userName, password);

    public bool TryFind(TextHash key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AcceptedUser? user) => _users.TryGetFresh(key, out user);

    /// <summary>Begins a check. What it accepts is remembered from its beginning on.</summary>
    public FactCache<TextHash, AcceptedUser>.Look Begin(TextHash key) => _users.Begin(key);

    public void Forget(TextHash key) => _users.Forget(key);
}

/// <summary>A user and the validator that accepted it.</summary>
internal sealed record AcceptedUser(string Validator, ClaimsIdentity Identity);
