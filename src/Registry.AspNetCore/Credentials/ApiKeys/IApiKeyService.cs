namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>
/// Makes and revokes the API keys of a registry: a service keyed by the registry's name, and without a key for the registry without a name. Whoever calls it decides who may; it asks nobody.
/// </summary>
public interface IApiKeyService
{
    /// <summary>Makes a key.</summary>
    /// <param name="request">Whose it is, and what it may be used for.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The key with its text, which cannot be had again.</returns>
    /// <exception cref="ArgumentException">The request is out of its limits; the message says where.</exception>
    ValueTask<CreatedApiKey> CreateAsync(ApiKeyRequest request, CancellationToken cancellationToken);

    /// <summary>Revokes a key: at once in this process, and within one second in all others.</summary>
    /// <param name="id">The key's <see cref="ApiKey.Id"/>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Whether there was such a key that was not revoked before.</returns>
    ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken);

    /// <summary>Finds a key, also one that is revoked or has expired.</summary>
    /// <param name="id">The key's <see cref="ApiKey.Id"/>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The key as it is now, or <see langword="null"/> where there is none.</returns>
    ValueTask<ApiKey?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Lists keys in the order in which they were made, also those that are revoked or have expired. Every key of the registry is read for it.</summary>
    /// <param name="owner">Only this user's, or <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    IAsyncEnumerable<ApiKey> ListAsync(string? owner, CancellationToken cancellationToken);
}
