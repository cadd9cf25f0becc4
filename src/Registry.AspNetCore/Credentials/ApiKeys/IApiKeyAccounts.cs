using System.Security.Claims;

namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>The validator of API keys. A user name does not say which key was used, so its users are found again by the key.</summary>
internal interface IApiKeyAccounts : ICredentialValidator
{
    /// <summary>Which key a text is, as far as it can be told without a look into the store.</summary>
    /// <returns>The id, or <see langword="null"/> where the text is no key.</returns>
    string? IdOf(string key);

    /// <summary>The user of a key as it is now; <see langword="null"/> when the key is no longer good.</summary>
    ValueTask<ClaimsIdentity?> FindKeyAsync(string id, CancellationToken cancellationToken);
}
