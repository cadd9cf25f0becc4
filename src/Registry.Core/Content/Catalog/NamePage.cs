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
    /// made of characters between '-' and 'z', so whatever follows a character above '~' sorts after all of them.
    /// </summary>
    public static string Clean(string last)
    {
        ReadOnlySpan<char> text = last.AsSpan(0, Math.Min(last.Length, MaxLength));
        int bad = text.IndexOfAnyExceptInRange('!', '~');
        if (bad < 0)
        {
            return text.ToString();
        }

        return text[bad] > '~' ? string.Concat(text[..bad], "~") : text[..bad].ToString();
    }

    /// <summary>
    /// The same for tags, whose keys end with more than the tag: what separates the two sorts before every character of a tag, and '/', which would
    /// begin another part of the key, right after '.'.
    /// </summary>
    public static string CleanTag(string last)
    {
        string text = Clean(last);
        int bad = text.AsSpan().IndexOfAny('!', '/');
        return bad < 0 ? text : text[bad] == '!' ? text[..bad] : string.Concat(text.AsSpan(0, bad), ".~");
    }
}
