using System.Runtime.CompilerServices;
using Registry.AspNetCore.Credentials.Chain;
using Registry.Content.Records;
using Registry.Model;

namespace Registry.AspNetCore.Credentials.ApiKeys;

internal sealed class ApiKeyService(ApiKeyStore store, ValidatorSet validators, TimeProvider time) : IApiKeyService
{
    public async ValueTask<CreatedApiKey> CreateAsync(ApiKeyRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        DateTimeOffset now = time.GetUtcNow();
        Check(request, now);
        ApiKeyText text = ApiKeyText.Create(store.NewId());
        var record = new ApiKeyRecord
        {
            Name = request.Name,
            Owner = request.Owner,
            OwnerValidator = request.OwnerValidator,
            Roles = [.. request.OwnerRoles],
            Feeds = [.. request.Feeds],
            Actions = [.. request.Actions.Distinct().Select(static action => action.ToString())],
            SecretHash = text.HashSecret(),
            Created = now,
            Expires = request.Expires,
        };
        return await store.TryCreateAsync(text.Id, record, cancellationToken).ConfigureAwait(false)
            ? new CreatedApiKey(text.Reveal(), new ApiKey(text.Id, record))
            : throw new IOException("The id of a new API key was taken.");
    }

    public ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        DateTimeOffset now = time.GetUtcNow();
        return Ulid.IsValid(id) ? store.ChangeAsync(id, record => record.Revoked is null ? record with { Revoked = now } : null, cancellationToken) : ValueTask.FromResult(false);
    }

    public async ValueTask<ApiKey?> FindAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Ulid.IsValid(id) && await store.ReadAsync(id, cancellationToken).ConfigureAwait(false) is { } found ? new ApiKey(id, found.Record) : null;
    }

    public async IAsyncEnumerable<ApiKey> ListAsync(string? owner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string id in store.ListIdsAsync(cancellationToken).ConfigureAwait(false))
        {
            Versioned<ApiKeyRecord>? found = await store.ReadAsync(id, cancellationToken).ConfigureAwait(false);
            if (found is not null && (owner is null || string.Equals(owner, found.Record.Owner, StringComparison.Ordinal)))
            {
                yield return new ApiKey(id, found.Record);
            }
        }
    }

    private void Check(ApiKeyRequest request, DateTimeOffset now)
    {
        string? mistake =
            request.Name is not { Length: > 0 and <= ApiKeyRequest.MaxTextLength } || request.Name.Any(char.IsControl) ? "The name must have 1 to 255 characters and no control characters."
            : request.Owner is null || !RegistryUserName.IsAcceptable(request.Owner) ? "The owner must have 1 to 255 characters and no control characters."
            : request.OwnerValidator is { } validator && validators.Find(validator) is null ? $"The registry has no credential validator '{validator}'."
            : request.OwnerRoles.Count > ApiKeyRequest.MaxItems || request.OwnerRoles.Any(static role => role is not { Length: > 0 and <= ApiKeyRequest.MaxTextLength })
                ? "There may be 64 roles, each of 1 to 255 characters."
            : request.Feeds.Count > ApiKeyRequest.MaxItems
                || request.Feeds.Any(static feed => feed is not { Length: > 0 and <= ApiKeyRequest.MaxTextLength } || feed.AsSpan().ContainsAnyExceptInRange('!', '~'))
                ? "There may be 64 feeds, each of 1 to 255 printable ASCII characters."
            : !request.Actions.All(Enum.IsDefined) ? "An action is unknown."
            : request.Expires is { } expires && expires <= now ? "The end is not in the future."
            : null;
        if (mistake is not null)
        {
            throw new ArgumentException(mistake, nameof(request));
        }
    }
}
