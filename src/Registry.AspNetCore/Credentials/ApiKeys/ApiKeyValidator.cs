using System.Security.Claims;
using System.Security.Cryptography;
using Registry.AspNetCore.Credentials.Chain;

namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>Checks API keys.</summary>
internal sealed class ApiKeyValidator(ApiKeyStore store, ApiKeyUses uses, ValidatorSet validators, TimeProvider time) : IApiKeyAccounts
{
    public string Name => "api-keys";

    public string? IdOf(string key) => ApiKeyText.TryParse(key, out ApiKeyText text) ? text.Id : null;

    public async ValueTask<ClaimsIdentity?> ValidateAsync(RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        if (!string.Equals(credentials.UserName, RegistryUserName.ApiKeys, StringComparison.Ordinal) || !ApiKeyText.TryParse(credentials.Password, out ApiKeyText key)
            || await store.FindAsync(key.Id, cancellationToken).ConfigureAwait(false) is not { } record
            || !CryptographicOperations.FixedTimeEquals(record.SecretHash, key.HashSecret()))
        {
            return null;
        }

        return await IdentifyAsync(key.Id, record, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ClaimsIdentity?> FindKeyAsync(string id, CancellationToken cancellationToken) =>
        Registry.Model.Ulid.IsValid(id) && await store.FindAsync(id, cancellationToken).ConfigureAwait(false) is { } record
            ? await IdentifyAsync(id, record, cancellationToken).ConfigureAwait(false)
            : null;

    private async ValueTask<ClaimsIdentity?> IdentifyAsync(string id, ApiKeyRecord record, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (!record.IsGoodAt(now))
        {
            return null;
        }

        ClaimsIdentity? owner = null;
        if (record.OwnerValidator is { } name)
        {
            ICredentialValidator? validator = validators.Find(name);
            owner = validator is IAccountDirectory directory ? await directory.FindAsync(record.Owner, cancellationToken).ConfigureAwait(false) : null;
            if (validator is null || (owner is null && validator is IAccountDirectory))
            {
                return null;
            }
        }

        owner ??= UserIdentity.Create(Name, record.Owner, record.Roles, null);
        if (Narrow(owner, id, record) is not { } identity)
        {
            return null;
        }

        uses.Note(id, now);
        return identity;
    }

    /// <summary>
    /// The owner, within what the key allows. The owner's stamp stays out: another password does not end the owner's keys. Where the owner is narrowed, the key is open at most where both say so.
    /// </summary>
    private ClaimsIdentity? Narrow(ClaimsIdentity owner, string id, ApiKeyRecord record)
    {
        string[]? feeds = Narrowing.OfFeeds([.. owner.FindAll(RegistryClaims.OnlyFeed).Select(static claim => claim.Value)], record.Feeds);
        string[]? actions = Narrowing.OfActions([.. owner.FindAll(RegistryClaims.OnlyAction).Select(static claim => claim.Value)], record.Actions);
        if (feeds is null || actions is null)
        {
            return null;
        }

        var identity = new ClaimsIdentity(Name, owner.NameClaimType, owner.RoleClaimType);
        identity.AddClaims(owner.Claims
            .Where(static claim => claim.Type is not (RegistryClaims.Stamp or RegistryClaims.OnlyFeed or RegistryClaims.OnlyAction or RegistryClaims.ApiKey))
            .Select(static claim => claim.Clone()));
        identity.AddClaims(feeds.Select(static feed => new Claim(RegistryClaims.OnlyFeed, feed)));
        identity.AddClaims(actions.Select(static action => new Claim(RegistryClaims.OnlyAction, action)));
        identity.AddClaim(new Claim(RegistryClaims.ApiKey, id));
        return identity;
    }
}
