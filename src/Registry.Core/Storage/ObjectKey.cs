namespace Registry.Storage;

/// <summary>The grammar of keys, for stores to check what they are given.</summary>
public static class ObjectKey
{
    /// <summary>Whether <paramref name="key"/> is a key: parts of printable ASCII joined by <c>/</c>, none empty, <c>.</c> or <c>..</c>.</summary>
    /// <param name="key">The text to check.</param>
    public static bool IsValid(ReadOnlySpan<char> key)
    {
        if (!IsValidPrefix(key))
        {
            return false;
        }

        ReadOnlySpan<char> last = key[(key.LastIndexOf('/') + 1)..];
        return last is not ("" or "." or "..");
    }

    /// <summary>Whether some key could start with <paramref name="prefix"/>, as the empty text, <c>a/</c> and <c>a/.</c> do and <c>a//</c> and <c>../</c> do not.</summary>
    /// <param name="prefix">The text to check.</param>
    public static bool IsValidPrefix(ReadOnlySpan<char> prefix)
    {
        if (prefix.Length > ObjectStoreLimits.MaxKeyLength || prefix.ContainsAnyExceptInRange('!', '~'))
        {
            return false;
        }

        for (int slash = prefix.IndexOf('/'); slash >= 0; slash = prefix.IndexOf('/'))
        {
            if (prefix[..slash] is "" or "." or "..")
            {
                return false;
            }

            prefix = prefix[(slash + 1)..];
        }

        return true;
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

    /// <summary>Throws where no key could start with <paramref name="prefix"/>.</summary>
    /// <param name="prefix">The text to check.</param>
    /// <exception cref="ArgumentException">The text is not the beginning of any key.</exception>
    public static void ThrowIfInvalidPrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (!IsValidPrefix(prefix))
        {
            throw new ArgumentException($"'{prefix}' is not the beginning of any object key.", nameof(prefix));
        }
    }
}
