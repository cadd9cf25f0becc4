using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Registry.Model;

/// <summary>A tag: up to 128 letters, digits, <c>_</c>, <c>.</c> and <c>-</c>, the first neither <c>.</c> nor <c>-</c> (distribution-spec, "Pulling manifests").</summary>
public readonly struct Tag : IEquatable<Tag>, ISpanParsable<Tag>
{
    /// <summary>The longest tag, in characters.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Characters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-");

    private readonly string? _value;

    private Tag(string value) => _value = value;

    /// <summary>The tag.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which is no tag.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The default Tag is no tag.");

    /// <summary>Parses a tag.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is no tag.</exception>
    public static Tag Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, out Tag tag) ? tag : throw new FormatException($"'{s}' is no tag.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static Tag Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>Parses a tag.</summary>
    /// <param name="s">The text.</param>
    /// <param name="result">The tag, where the text is one.</param>
    public static bool TryParse(ReadOnlySpan<char> s, out Tag result)
    {
        bool valid = s.Length is > 0 and <= MaxLength && s[0] is not ('.' or '-') && !s.ContainsAnyExcept(Characters);
        result = valid ? new Tag(s.ToString()) : default;
        return valid;
    }

    /// <summary>Whether a character can be in a tag.</summary>
    internal static bool IsTagCharacter(char c) => Characters.Contains(c);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Tag result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Tag result) => TryParse(s.AsSpan(), out result);

    /// <inheritdoc/>
    public bool Equals(Tag other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Tag other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : string.GetHashCode(_value, StringComparison.Ordinal);

    /// <summary>Whether two tags are the same.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Tag left, Tag right) => left.Equals(right);

    /// <summary>Whether two tags differ.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Tag left, Tag right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";
}
