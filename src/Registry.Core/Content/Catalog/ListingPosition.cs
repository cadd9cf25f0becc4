namespace Registry.Content.Catalog;

/// <summary>
/// Turns what a client gave as the last name that it saw, which can be anything, into something that a key can go on with and that has the same names
/// after it. Names are made of characters between '-' and 'z', so whatever follows a character above '~' sorts after all of them.
/// </summary>
internal static class ListingPosition
{
    private const int MaxLength = 300;

    /// <summary>A position among repositories.</summary>
    public static string AmongRepositories(string last)
    {
        ReadOnlySpan<char> text = last.AsSpan(0, Math.Min(last.Length, MaxLength));
        int bad = text.IndexOfAnyExceptInRange('-', '~');
        if (bad < 0)
        {
            return text.ToString();
        }

        return text[bad] > '~' ? string.Concat(text[..bad], "~") : text[..bad].ToString();
    }

    /// <summary>A position among tags. They have no slash, which would end a part of the key: what comes before one is everything up to the character before it.</summary>
    public static string AmongTags(string last)
    {
        string position = AmongRepositories(last);
        int slash = position.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? position : string.Concat(position.AsSpan(0, slash), ".~");
    }
}
