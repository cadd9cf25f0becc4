namespace Registry.Feeds;

/// <summary>What callers may do without signing in.</summary>
public enum AnonymousAccess
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Pull, and list what can be pulled.</summary>
    Pull,

    /// <summary>Everything that clients can do: pull, push, overwrite tags, delete, list.</summary>
    Full,
}
