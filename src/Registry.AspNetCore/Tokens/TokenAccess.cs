using Registry.AspNetCore.Authorization;

namespace Registry.AspNetCore.Tokens;

/// <summary>What a token can be used for, as the protocol's scopes name it.</summary>
[Flags]
internal enum TokenActions
{
    None = 0,
    Pull = 1,
    Push = 2,
    Delete = 4,

    /// <summary>The catalog.</summary>
    List = 8,
}

/// <summary>A part of what a token can be used for.</summary>
/// <param name="Feed">The feed's own name; <see langword="null"/> for all feeds.</param>
/// <param name="Repository">The repository's name within the feed; <see langword="null"/> for the catalog.</param>
/// <param name="Actions">What.</param>
internal readonly record struct TokenScope(string? Feed, string? Repository, TokenActions Actions);

/// <summary>
/// What a token can be used for at most. It grants nothing: whether its user may do something is decided at every request. Names are those under which content is stored, so that neither an alias nor a host name makes a token fit for
/// something else.
/// </summary>
internal sealed class TokenAccess(IReadOnlyList<TokenScope> scopes)
{
    private readonly TokenScope[] _scopes = [.. scopes];

    public IReadOnlyList<TokenScope> Scopes => _scopes;

    public bool Covers(RegistryAction action, in AccessTarget target)
    {
        TokenActions wanted = Of(action);
        foreach (ref readonly TokenScope scope in _scopes.AsSpan())
        {
            if ((scope.Actions & wanted) == 0)
            {
                continue;
            }

            if (wanted == TokenActions.List
                ? scope.Feed is null || scope.Feed == target.FeedName
                : scope.Feed == target.FeedName && target.Repository is { } repository && scope.Repository == repository.Value)
            {
                return true;
            }
        }

        return false;
    }

    private static TokenActions Of(RegistryAction action) => action switch
    {
        RegistryAction.Pull => TokenActions.Pull,
        RegistryAction.Push or RegistryAction.Overwrite => TokenActions.Push,
        RegistryAction.Delete => TokenActions.Delete,
        RegistryAction.List => TokenActions.List,
        _ => TokenActions.None,
    };
}
