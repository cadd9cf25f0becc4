namespace Registry.Core.Tests.Model;

/// <summary>Random texts near the border between what a grammar takes and what it does not.</summary>
internal static class Texts
{
    /// <summary>Draws texts out of fragments, most of which a grammar takes and some of which it does not.</summary>
    public static IEnumerable<string> From(string[] fragments, int maxFragments, int count, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            yield return string.Concat(Enumerable.Range(0, random.Next(maxFragments + 1)).Select(_ => fragments[random.Next(fragments.Length)]));
        }
    }

    /// <summary>Changes one character of a text, takes one away or adds one.</summary>
    public static string Mutate(string text, Random random)
    {
        const string Strange = "aZ09-_.+:/=%~! \n\0é\u017f";
        int at = random.Next(text.Length + 1);
        string strange = Strange[random.Next(Strange.Length)].ToString();
        return random.Next(3) switch
        {
            0 => text.Insert(at, strange),
            1 when text.Length > 0 => text.Remove(Math.Min(at, text.Length - 1), 1),
            _ when text.Length > 0 => text.Remove(Math.Min(at, text.Length - 1), 1).Insert(Math.Min(at, text.Length - 1), strange),
            _ => strange,
        };
    }
}
