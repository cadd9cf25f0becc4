namespace Registry.Content.Catalog;

/// <summary>A page of names, in ordinal order.</summary>
/// <param name="Names">The names.</param>
/// <param name="HasMore">Whether there may be more after the last one.</param>
internal sealed record NamePage(IReadOnlyList<string> Names, bool HasMore);

internal static class ListingPosition
{
    private const int MaxLength = 300;

    /// <summary>
    /// Turns what a client gave as the last name it saw into something that a key can end with, and that has the same names after it. Names are
    /// made of characters between '-' and 'z': a text that goes on with a lesser character has the names after it that the text before has, and one that
    /// goes on with a greater one sorts after all names that begin alike.
    /// </summary>
    public static string Clean(string last)
    {
        ReadOnlySpan<char> text = last.AsSpan(0, Math.Min(last.Length, MaxLength));
        int bad = text.IndexOfAnyExceptInRange('-', '~');
        if (bad < 0)
        {
            return text.ToString();
        }

        return text[bad] > '~' ? string.Concat(text[..bad], "~") : text[..bad].ToString();
    }

    /// <summary>The same for tags, which have no slash: it comes right after the dot.</summary>
    public static string CleanTag(string last)
    {
        string text = Clean(last);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? text : string.Concat(text.AsSpan(0, slash), ".~");
    }
}
