using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Routing;
using Registry.Feeds;

namespace Registry.AspNetCore.Tokens;

/// <summary>
/// A scope as clients write it: <c>type[(class)]:name:action(,action)*</c>. Names may hold one colon, so the type ends at the first one and the actions begin after the last (Docker's token specification, "Resource scope").
/// </summary>
/// <param name="Type">The type, without a class.</param>
/// <param name="Name">The name, as the client calls it.</param>
/// <param name="Actions">The actions that are known.</param>
internal readonly record struct ScopeText(string Type, string Name, TokenActions Actions)
{
    private const string Repository = "repository";
    private const string Registry = "registry";
    private const string Catalog = "catalog";

    /// <summary>Splits the values of <c>scope</c> parameters: each may hold several, with spaces between them.</summary>
    public static IEnumerable<string> Split(IEnumerable<string?> values) =>
        values.SelectMany(static value => (value ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    public static ScopeText? Parse(string text)
    {
        int first = text.IndexOf(':', StringComparison.Ordinal);
        int last = text.LastIndexOf(':');
        if (first <= 0 || last <= first)
        {
            return null;
        }

        string type = text[..first];
        if (type.EndsWith(')') && type.IndexOf('(', StringComparison.Ordinal) is > 0 and int open)
        {
            type = type[..open];
        }

        TokenActions actions = TokenActions.None;
        foreach (Range range in text.AsSpan(last + 1).Split(','))
        {
            actions |= text.AsSpan(last + 1)[range] switch
            {
                "pull" => TokenActions.Pull,
                "push" => TokenActions.Push,
                "delete" => TokenActions.Delete,
                "*" => type == Registry ? TokenActions.List : TokenActions.Pull | TokenActions.Push | TokenActions.Delete,
                _ => TokenActions.None,
            };
        }

        return new ScopeText(type, text[(first + 1)..last], actions);
    }

    public bool IsCatalog => Type == Registry && Name == Catalog && Actions.HasFlag(TokenActions.List);

    /// <summary>The repository that the scope names, or <see langword="null"/> where it is about something else.</summary>
    public FeedRepository? FindRepository(in FeedView view) =>
        Type == Repository && Actions != TokenActions.None && view.TryResolve(Name, out FeedRepository repository) ? repository : null;

    /// <summary>The scope in the words under which content is stored, or <see langword="null"/> where it asks for nothing that this registry knows.</summary>
    public TokenScope? ToTokenScope(in FeedView view)
    {
        if (IsCatalog)
        {
            return new TokenScope(view.IsOfOneFeed ? view.Only?.Name ?? view.Unknown : null, null, TokenActions.List);
        }

        if (FindRepository(view) is not { } repository)
        {
            return null;
        }

        AccessTarget target = AccessTarget.Of(repository);
        return new TokenScope(target.FeedName, target.Repository!.Value.Value, Actions);
    }

    public static string Format(string name, TokenActions actions) =>
        $"{Repository}:{name}:{string.Join(',', Names(actions))}";

    public static string FormatCatalog() => $"{Registry}:{Catalog}:*";

    private static IEnumerable<string> Names(TokenActions actions)
    {
        if (actions.HasFlag(TokenActions.Delete))
        {
            yield return "delete";
        }

        if (actions.HasFlag(TokenActions.Pull))
        {
            yield return "pull";
        }

        if (actions.HasFlag(TokenActions.Push))
        {
            yield return "push";
        }
    }
}
