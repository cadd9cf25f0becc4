namespace Registry.Feeds;

/// <summary>Patterns of names: <c>*</c> stands for any characters, slashes too, and <c>?</c> for one.</summary>
internal static class Wildcard
{
    /// <summary>Whether a text has the form of a pattern. The time is bounded by the product of their lengths.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        if (pattern is "*")
        {
            return true;
        }

        int p = 0;
        int t = 0;
        int star = -1;
        int mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }

    /// <summary>Whether a text is a pattern rather than a name.</summary>
    public static bool IsPattern(ReadOnlySpan<char> text) => text.ContainsAny('*', '?');
}
