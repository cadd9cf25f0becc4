using System.IO.Enumeration;

namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>What is left where an owner and a key are both narrowed. An empty list stands for no limit, so that nothing left is <see langword="null"/>.</summary>
internal static class Narrowing
{
    /// <summary>
    /// The feeds of both. The key's wildcards that the owner's do not surely cover are left out: too little is open then, and never too much.
    /// </summary>
    public static string[]? OfFeeds(IReadOnlyCollection<string> owner, IReadOnlyCollection<string> key) => Of(owner, key, static (outer, inner) =>
        outer == "*" || outer == inner || (!inner.AsSpan().ContainsAny('*', '?') && FileSystemName.MatchesSimpleExpression(outer, inner, ignoreCase: false)));

    public static string[]? OfActions(IReadOnlyCollection<string> owner, IReadOnlyCollection<string> key) => Of(owner, key, static (outer, inner) => outer == inner);

    private static string[]? Of(IReadOnlyCollection<string> owner, IReadOnlyCollection<string> key, Func<string, string, bool> covers)
    {
        if (owner.Count == 0 || key.Count == 0)
        {
            return [.. owner, .. key];
        }

        string[] both = [.. key.Where(inner => owner.Any(outer => covers(outer, inner)))];
        return both.Length > 0 ? both : null;
    }
}
