namespace Registry.Feeds;

/// <summary>
/// A list of patterns (<see cref="Wildcard"/>) that picks names. A <c>!</c> in front excepts what the pattern would pick; the last pattern that fits a name decides, and what none fits is not picked.
/// </summary>
internal sealed class NamePatterns(IEnumerable<string> patterns)
{
    /// <summary>The longest pattern, in characters.</summary>
    public const int MaxLength = 255;

    private const char Except = '!';

    private readonly string[] _patterns = [.. patterns];

    /// <summary>Whether there are none, so that no name is picked.</summary>
    public bool IsEmpty => _patterns.Length == 0;

    /// <summary>Whether a name is picked.</summary>
    public bool Matches(ReadOnlySpan<char> name) => Find(name) is not null;

    /// <summary>The pattern that picks a name, or <see langword="null"/> where none does.</summary>
    public string? Find(ReadOnlySpan<char> name)
    {
        for (int i = _patterns.Length - 1; i >= 0; i--)
        {
            bool excepts = _patterns[i].StartsWith(Except);
            if (Wildcard.Matches(excepts ? _patterns[i].AsSpan(1) : _patterns[i], name))
            {
                return excepts ? null : _patterns[i];
            }
        }

        return null;
    }

    /// <summary>Says what is wrong with a list, as the end of a sentence that begins with the pattern.</summary>
    /// <param name="patterns">The list.</param>
    /// <param name="isOfNames">Whether a character can be in one of the names.</param>
    public static IEnumerable<(string Pattern, string Mistake)> FindMistakes(IList<string> patterns, Func<char, bool> isOfNames)
    {
        for (int i = 0; i < patterns.Count; i++)
        {
            string pattern = patterns[i];
            ReadOnlySpan<char> text = pattern.StartsWith(Except) ? pattern.AsSpan(1) : pattern;
            if (text.IsEmpty || pattern.Length > MaxLength)
            {
                yield return (pattern, $"must have 1 to {MaxLength} characters after a '{Except}' that it may begin with");
            }
            else if (FindForeign(text, isOfNames) is { } foreign)
            {
                yield return (pattern, $"fits no name, since none has a '{foreign}'");
            }
            else if (i == 0 && pattern[0] == Except)
            {
                yield return (pattern, "excepts from nothing: it must come after the pattern that it is an exception of");
            }
        }
    }

    /// <summary>Finds what makes a pattern, without the <c>!</c> that it may begin with, fit no name.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="isOfNames">Whether a character can be in one of the names.</param>
    /// <returns>The first character that none of the names has, if there is one.</returns>
    public static char? FindForeign(ReadOnlySpan<char> text, Func<char, bool> isOfNames)
    {
        foreach (char c in text)
        {
            if (c is not ('*' or '?') && !isOfNames(c))
            {
                return c;
            }
        }

        return null;
    }
}
