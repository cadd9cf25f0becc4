namespace Registry.Storage;

/// <summary>The grammar of keys, for stores to check what they are given.</summary>
public static class ObjectKey
{
    /// <summary>Whether <paramref name="key"/> is a key: parts of printable ASCII joined by <c>/</c>, none empty, <c>.</c> or <c>..</c>.</summary>
    /// <param name="key">The text to check.</param>
    public static bool IsValid(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty || key.Length > ObjectStoreLimits.MaxKeyLength)
        {
            return false;
        }

        while (true)
        {
            int slash = key.IndexOf('/');
            ReadOnlySpan<char> part = slash < 0 ? key : key[..slash];
            if (part is "" or "." or ".." || part.ContainsAnyExceptInRange('!', '~'))
            {
                return false;
            }

            if (slash < 0)
            {
                return true;
            }

            key = key[(slash + 1)..];
        }
    }

    /// <summary>Throws where <paramref name="key"/> is no key.</summary>
    /// <param name="key">The text to check.</param>
    /// <exception cref="ArgumentException">The text is no key.</exception>
    public static void ThrowIfInvalid(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!IsValid(key))
        {
            throw new ArgumentException($"'{key}' is no object key: parts of printable ASCII characters joined by '/', at most {ObjectStoreLimits.MaxKeyLength} in all.", nameof(key));
        }
    }
}
