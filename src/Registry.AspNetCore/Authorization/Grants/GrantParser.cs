using System.Buffers;
using Registry.Feeds;

namespace Registry.AspNetCore.Authorization;

/// <summary>Reads grants as people write them.</summary>
internal static class GrantParser
{
    // Connecting is everybody's who can sign in.
    private static readonly RegistryAction[] Grantable = [.. Enum.GetValues<RegistryAction>().Where(static action => action != RegistryAction.Connect)];

    private static readonly SearchValues<char> PlaceCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-/*?");

    /// <summary>Reads one grant.</summary>
    /// <param name="to"><c>user:name</c>, <c>role:name</c>, <c>authenticated</c>, <c>anonymous</c> or <c>everyone</c>.</param>
    /// <param name="on"><c>feed/repository</c>, with wildcards; a feed alone means all of it, and the default feed's name is empty: <c>/library/*</c>.</param>
    /// <param name="actions">Names of actions, or <c>*</c>.</param>
    /// <param name="denies">Whether the grant takes away.</param>
    /// <param name="mistakes">What is wrong.</param>
    /// <returns>The grant, or <see langword="null"/> where something is wrong.</returns>
    public static Grant? Parse(string? to, string? on, IEnumerable<string> actions, bool denies, ICollection<string> mistakes)
    {
        int before = mistakes.Count;
        (GrantSubject subject, string name) = ParseSubject(to, mistakes);
        (string feed, string repository) = ParsePlace(on, mistakes);
        int bits = ParseActions(actions, mistakes);
        return mistakes.Count == before ? new Grant(subject, name, feed, repository, bits, denies) : null;
    }

    private static (GrantSubject Subject, string Name) ParseSubject(string? to, ICollection<string> mistakes)
    {
        int colon = to?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        string kind = colon < 0 ? to ?? "" : to![..colon];
        string name = colon < 0 ? "" : to![(colon + 1)..];
        GrantSubject? subject = (kind, name.Length > 0) switch
        {
            ("everyone", false) when colon < 0 => GrantSubject.Everyone,
            ("anonymous", false) when colon < 0 => GrantSubject.Anonymous,
            ("authenticated", false) when colon < 0 => GrantSubject.Authenticated,
            ("user", true) => GrantSubject.User,
            ("role", true) => GrantSubject.Role,
            _ => null,
        };
        if (subject is null)
        {
            mistakes.Add($"'{to}' is nobody that can be granted something: it must be user:name, role:name, authenticated, anonymous or everyone.");
        }

        return (subject ?? default, name);
    }

    private static (string Feed, string Repository) ParsePlace(string? on, ICollection<string> mistakes)
    {
        string text = on ?? "";
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        (string feed, string repository) = slash < 0 ? (text, "*") : (text[..slash], text[(slash + 1)..]);
        if (text.Length == 0 || repository.Length == 0 || text.AsSpan().ContainsAnyExcept(PlaceCharacters))
        {
            mistakes.Add($"'{on}' is no place: it must be feed/repository, with '*' for any characters and '?' for one; /repository for the default feed.");
        }

        return (feed, repository);
    }

    private static int ParseActions(IEnumerable<string> actions, ICollection<string> mistakes)
    {
        int bits = 0;
        int count = 0;
        foreach (string action in actions)
        {
            count++;
            if (action == "*")
            {
                bits |= Grantable.Aggregate(0, static (all, one) => all | Grant.Bit(one));
                continue;
            }

            RegistryAction? found = Grantable.Cast<RegistryAction?>().FirstOrDefault(known => string.Equals(known.ToString(), action, StringComparison.OrdinalIgnoreCase));
            if (found is null)
            {
                mistakes.Add($"'{action}' is no action: it must be {string.Join(", ", Grantable.Select(static known => known.ToString().ToLowerInvariant()))}, or * for all.");
            }

            bits |= found is { } one ? Grant.Bit(one) : 0;
        }

        if (count == 0)
        {
            mistakes.Add("it names no actions.");
        }

        return bits;
    }

    /// <summary>Says which feed of a grant there is not.</summary>
    public static string? FindUnknownFeed(Grant grant, FeedTable feeds, IEnumerable<string> known) =>
        Wildcard.IsPattern(grant.Feed) || feeds.IsTaken(grant.Feed) || (grant.Feed.Length == 0 && feeds.Default is not null)
            ? null
            : grant.Feed.Length == 0
                ? "there is no default feed."
                : $"there is no feed '{grant.Feed}'; there are {string.Join(", ", known.Select(static name => name.Length == 0 ? "the default feed" : $"'{name}'"))}.";
}
