using System.Security.Cryptography;
using System.Text;
using Registry.Content;
using Registry.Model;
using Registry.Storage;

namespace Registry.AspNetCore.Tokens;

/// <summary>
/// Which refresh tokens can still be used: an empty object for each, under a key that is never used again, so that removing it is revoking the token. The token itself says who it is of.
/// </summary>
internal sealed class RefreshTokenStore(IObjectStore store, Ulid ids)
{
    private const string Prefix = "auth/refresh-tokens/";
    private const int UserHashBytes = 16;

    /// <summary>Makes room for a new token of a user.</summary>
    /// <returns>The token's id.</returns>
    public async ValueTask<string> AddAsync(string user, CancellationToken cancellationToken)
    {
        string id = $"{UserPart(user)}/{ids.Next()}";
        await store.PutMarkerAsync(Prefix + id, cancellationToken).ConfigureAwait(false);
        return id;
    }

    /// <summary>Whether a token can still be used.</summary>
    public async ValueTask<bool> ExistsAsync(string id, CancellationToken cancellationToken) =>
        await store.GetAsync(Prefix + id, cancellationToken).ConfigureAwait(false) is not null;

    public async ValueTask<int> RemoveAllAsync(string user, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (string key in ListAsync(user, cancellationToken).ConfigureAwait(false))
        {
            await store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
            count++;
        }

        return count;
    }

    /// <summary>Removes the tokens of a user that were made before a moment, since nobody can use them any more.</summary>
    public async ValueTask RemoveExpiredAsync(string user, DateTimeOffset madeBefore, CancellationToken cancellationToken)
    {
        await foreach (string key in ListAsync(user, cancellationToken).ConfigureAwait(false))
        {
            if (!Ulid.TryGetTime(key.AsSpan(key.LastIndexOf('/') + 1), out DateTimeOffset made) || made >= madeBefore)
            {
                return; // In the order of their time.
            }

            await store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }
    }

    private IAsyncEnumerable<string> ListAsync(string user, CancellationToken cancellationToken) => store.ListAllAsync($"{Prefix}{UserPart(user)}/", cancellationToken);

    // Names hold what keys do not.
    private static string UserPart(string user) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(user)).AsSpan(0, UserHashBytes));
}
