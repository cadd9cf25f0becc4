using Registry.Feeds;

namespace Registry.Maintenance.Retention;

/// <summary>Which names a rule's patterns select.</summary>
internal sealed class NameSelection(IEnumerable<string> patterns)
{
    private readonly string[] _only = [.. patterns.Where(static pattern => !pattern.StartsWith('!'))];
    private readonly string[] _except = [.. patterns.Where(static pattern => pattern.StartsWith('!')).Select(static pattern => pattern[1..])];

    /// <summary>Whether it selects by name at all.</summary>
    public bool IsAny => _only.Length == 0 && _except.Length == 0;

    /// <summary>Whether a name is selected: by any pattern, or for want of any, and excepted by none.</summary>
    public bool Includes(string name) =>
        (_only.Length == 0 || Array.Exists(_only, pattern => Wildcard.Matches(pattern, name))) && !Array.Exists(_except, pattern => Wildcard.Matches(pattern, name));

    /// <summary>The pattern that selects a name, for a reason.</summary>
    public string PatternOf(string name) => Array.Find(_only, pattern => Wildcard.Matches(pattern, name)) ?? string.Join(", ", _except.Select(static pattern => "!" + pattern));
}
