using System.Diagnostics.CodeAnalysis;

namespace Registry.Model;

/// <summary>
/// A repository's name, such as <c>library/alpine</c>: components of lower-case letters and digits with single separators inside, joined by
/// slashes (distribution-spec, "Pulling manifests"). At most <see cref="MaxLength"/> characters, which is what Docker clients take.
/// </summary>
public readonly struct RepositoryName : IEquatable<RepositoryName>, ISpanParsable<RepositoryName>
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 255;

    private readonly string? _value;

    private RepositoryName(string value) => _value = value;

    /// <summary>The name.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which is no name.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The default RepositoryName is no name.");

    /// <summary>Parses a name.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is no repository name.</exception>
    public static RepositoryName Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, out RepositoryName name) ? name : throw new FormatException($"'{s}' is no repository name.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static RepositoryName Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>Parses a name.</summary>
    /// <param name="s">The text.</param>
    /// <param name="result">The name, where the text is one.</param>
    public static bool TryParse(ReadOnlySpan<char> s, out RepositoryName result)
    {
        bool valid = s.Length <= MaxLength && IsValid(s);
        result = valid ? new RepositoryName(s.ToString()) : default;
        return valid;
    }

    /// <summary>A name with others in front of it, which are known to be such and end with a slash; the whole is known to be no longer than it may be.</summary>
    internal static RepositoryName Below(string prefix, RepositoryName name) => new(string.Concat(prefix, name.Value));

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out RepositoryName result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RepositoryName result) => TryParse(s.AsSpan(), out result);

    /// <inheritdoc/>
    public bool Equals(RepositoryName other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is RepositoryName other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : string.GetHashCode(_value, StringComparison.Ordinal);

    /// <summary>Whether two names are the same.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(RepositoryName left, RepositoryName right) => left.Equals(right);

    /// <summary>Whether two names differ.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(RepositoryName left, RepositoryName right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";

    // [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*, read left to right without backtracking.
    private static bool IsValid(ReadOnlySpan<char> s)
    {
        int i = 0;
        while (true)
        {
            int start = i;
            while (i < s.Length && (char.IsAsciiLetterLower(s[i]) || char.IsAsciiDigit(s[i])))
            {
                i++;
            }

            if (i == start)
            {
                return false;
            }

            if (i == s.Length)
            {
                return true;
            }

            switch (s[i])
            {
                case '/' or '.':
                    i++;
                    break;
                case '_':
                    i += i + 1 < s.Length && s[i + 1] == '_' ? 2 : 1;
                    break;
                case '-':
                    while (i < s.Length && s[i] == '-')
                    {
                        i++;
                    }

                    break;
                default:
                    return false;
            }
        }
    }
}
