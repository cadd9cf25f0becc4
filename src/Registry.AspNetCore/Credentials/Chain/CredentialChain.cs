using System.Net;
using System.Runtime.ExceptionServices;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Registry.AspNetCore.Credentials.ApiKeys;
using Registry.AspNetCore.Credentials.Throttling;
using Registry.Content.Caching;

namespace Registry.AspNetCore.Credentials.Chain;

/// <summary>
/// Signs clients in: limits on what is looked at, the throttle, the memory of accepted credentials, and then one validator after the other.
/// </summary>
/// <remarks>
/// The throttle comes before the memory: otherwise somebody who is throttled could go on guessing the passwords of those who just signed in.
/// </remarks>
internal sealed class CredentialChain(ValidatorSet validators, CredentialOptions options, TimeProvider time) : ICredentialChain, IDisposable
{
    private readonly AcceptedCredentials _accepted = new(options.RememberAcceptedFor, time);
    private readonly FailureThrottle _throttle = new(options, time);
    private readonly AttemptGate _gate = new();

    public async ValueTask<SignInResult> SignInAsync(string userName, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        if (string.Equals(userName, RegistryUserName.ApiKeys, StringComparison.Ordinal))
        {
            return await SignInWithKeyAsync(password, address, cancellationToken).ConfigureAwait(false);
        }

        // Hashes that are built on HMAC do not tell a short password from the same with zeros behind it.
        if (!RegistryUserName.IsAcceptable(userName) || password.Length is 0 or > RegistryUserName.MaxPasswordLength || password.Contains('\0', StringComparison.Ordinal))
        {
            return SignInResult.Refused;
        }

        FailureThrottle.Attempt attempt = _throttle.Identify(userName, address);
        if (_throttle.RetryAfter(attempt) is { } wait)
        {
            return new SignInResult(null, null, wait);
        }

        TextHash key = _accepted.KeyOf(userName, password);
        if (await FindAcceptedAsync(key, cancellationToken).ConfigureAwait(false) is { } remembered)
        {
            _throttle.Succeeded(attempt);
            return remembered;
        }

        using AttemptGate.Turn turn = await _gate.EnterAsync(attempt.Address, cancellationToken).ConfigureAwait(false);

        // Others may have failed, or been accepted with the same password, while this one waited.
        if (_throttle.RetryAfter(attempt) is { } longer)
        {
            return new SignInResult(null, null, longer);
        }

        if (await FindAcceptedAsync(key, cancellationToken).ConfigureAwait(false) is { } meanwhile)
        {
            _throttle.Succeeded(attempt);
            return meanwhile;
        }

        FactCache<TextHash, AcceptedUser>.Look look = _accepted.Begin(key);
        if (await AskAllAsync(new RegistryCredentials(userName, password, address), cancellationToken).ConfigureAwait(false) is not { } user)
        {
            _throttle.Failed(attempt);
            return SignInResult.Refused;
        }

        _throttle.Succeeded(attempt);

        // Everybody gets an identity of their own: hosts may add claims to theirs.
        look.Remember(user with { Identity = user.Identity.Clone() });
        return new SignInResult(user.Identity, user.Validator, null);
    }

    public async ValueTask<SignInResult> SignInWithKeyAsync(string key, IPAddress? address, CancellationToken cancellationToken)
    {
        if (key.Length is 0 or > RegistryUserName.MaxPasswordLength || validators.All.OfType<IApiKeyAccounts>().FirstOrDefault() is not { } keys)
        {
            return SignInResult.Refused;
        }

        // Failures count for the one key: another key at the same address is another account.
        FailureThrottle.Attempt attempt = _throttle.Identify($"{RegistryUserName.ApiKeys}\0{keys.IdOf(key)}", address);
        if (_throttle.RetryAfter(attempt) is { } wait)
        {
            return new SignInResult(null, null, wait);
        }

        ClaimsIdentity? identity = await keys.ValidateAsync(new RegistryCredentials(RegistryUserName.ApiKeys, key, address), cancellationToken).ConfigureAwait(false);
        if (identity is null)
        {
            _throttle.Failed(attempt);
            return SignInResult.Refused;
        }

        _throttle.Succeeded(attempt);
        return new SignInResult(identity, keys.Name, null);
    }

    public ClaimsIdentity? FindShared(string validator, string userName) => (validators.Find(validator) as ISharedAccounts)?.FindShared(userName);

    public bool CanRenew(string validator) => validators.Find(validator) is IApiKeyAccounts or IAccountDirectory;

    public async ValueTask<ClaimsIdentity?> RenewAsync(string validator, ClaimsIdentity identity, CancellationToken cancellationToken)
    {
        switch (validators.Find(validator))
        {
            case null:
                return null;
            case IApiKeyAccounts keys:
                return identity.FindFirst(RegistryClaims.ApiKey) is { } id ? await keys.FindKeyAsync(id.Value, cancellationToken).ConfigureAwait(false) : null;
            case IAccountDirectory directory:
                ClaimsIdentity? current = identity.Name is { Length: > 0 } name ? await directory.FindAsync(name, cancellationToken).ConfigureAwait(false) : null;
                return current is not null && HaveSameStamp(current, identity) ? Authenticated(current, validator) : null;
            default:
                return identity;
        }
    }

    public void Dispose() => _gate.Dispose();

    private static bool HaveSameStamp(ClaimsIdentity one, ClaimsIdentity other) =>
        CryptographicOperations.FixedTimeEquals(StampOf(one), StampOf(other));

    private static byte[] StampOf(ClaimsIdentity identity) => Encoding.UTF8.GetBytes(identity.FindFirst(RegistryClaims.Stamp)?.Value ?? "");

    /// <summary>An identity counts as signed in only when it says by what.</summary>
    private static ClaimsIdentity Authenticated(ClaimsIdentity identity, string validator) =>
        identity.IsAuthenticated ? identity : new ClaimsIdentity(identity.Claims, validator, identity.NameClaimType, identity.RoleClaimType);

    private async ValueTask<SignInResult?> FindAcceptedAsync(TextHash key, CancellationToken cancellationToken)
    {
        if (!_accepted.TryFind(key, out AcceptedUser? user))
        {
            return null;
        }

        if (await RenewAsync(user.Validator, user.Identity, cancellationToken).ConfigureAwait(false) is { } identity)
        {
            return new SignInResult(ReferenceEquals(identity, user.Identity) ? identity.Clone() : identity, user.Validator, null);
        }

        _accepted.Forget(key);
        return null;
    }

    /// <summary>
    /// Asks every validator until one accepts. One that cannot tell does not keep the others from being asked; but a password that they all refuse is not called wrong then.
    /// </summary>
    private async ValueTask<AcceptedUser?> AskAllAsync(RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        CredentialsUnavailableException? fault = null;
        foreach (ICredentialValidator validator in validators.All)
        {
            if (validator is IApiKeyAccounts)
            {
                continue;
            }

            try
            {
                if (await validator.ValidateAsync(credentials, cancellationToken).ConfigureAwait(false) is { } identity)
                {
                    return string.IsNullOrEmpty(identity.Name)
                        ? throw new InvalidOperationException($"The credential validator '{validator.Name}' accepted a user without a name.")
                        : new AcceptedUser(validator.Name, Authenticated(identity, validator.Name));
                }
            }
            catch (CredentialsUnavailableException e)
            {
                fault ??= e;
            }
        }

        if (fault is not null)
        {
            ExceptionDispatchInfo.Throw(fault);
        }

        return null;
    }
}
