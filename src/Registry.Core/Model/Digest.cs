using System.Diagnostics.CodeAnalysis;

namespace Registry.Model;

/// <summary>
/// A content digest, <c>algorithm:encoded</c> (image-spec, descriptor.md#digests). The encoded part of <c>sha256</c> and <c>sha512</c> is checked
/// to be lower-case hexadecimal of the right length; digests of other algorithms are well-formed but not <see cref="IsSupported"/>.
/// </summary>
public readonly struct Digest : IEquatable<Digest>, ISpanParsable<Digest>
{
    /// <summary>The longest digest that is accepted, in characters.</summary>
    public const int MaxLength = 255;

    private readonly string? _value;
    private readonly int _colon;

    private Digest(string value, int colon)
    {
        _value = value;
        _colon = colon;
    }

    /// <summary>The whole text, such as <c>sha256:e3b0…</c>.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which is no digest.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The default Digest is no digest.");

    /// <summary>The part before the colon.</summary>
    public ReadOnlySpan<char> AlgorithmName => Value.AsSpan(0, _colon);

    /// <summary>The part after the colon.</summary>
    public ReadOnlySpan<char> Encoded => Value.AsSpan(_colon + 1);

    /// <summary>The algorithm, or <see langword="null"/> when this registry cannot compute it.</summary>
    public DigestAlgorithm? Algorithm => DigestAlgorithm.Find(AlgorithmName);

    /// <summary>Whether this registry can compute, and so verify, digests of this algorithm.</summary>
    public bool IsSupported => Algorithm is not null;

    /// <summary>Whether this is the default value, which is no digest.</summary>
    public bool IsDefault => _value is null;

    /// <summary>Makes a digest of a hash.</summary>
    /// <param name="algorithm">The algorithm that computed it.</param>
    /// <param name="hash">The hash, of the algorithm's length.</param>
    /// <exception cref="ArgumentException">The hash has another length.</exception>
    public static Digest FromHash(DigestAlgorithm algorithm, ReadOnlySpan<byte> hash)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        if (hash.Length != algorithm.HashBytes)
        {
            throw new ArgumentException($"A {algorithm.Name} hash has {algorithm.HashBytes} bytes, not {hash.Length}.", nameof(hash));
        }

        Span<char> hex = stackalloc char[hash.Length * 2];
        Convert.TryToHexStringLower(hash, hex, out _);
        return new Digest(string.Concat(algorithm.Name, ":", hex), algorithm.Name.Length);
    }

    /// <summary>Parses a digest.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is no digest.</exception>
    public static Digest Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, out Digest digest) ? digest : throw new FormatException($"'{s}' is no digest.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static Digest Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>Parses a digest.</summary>
    /// <param name="s">The text.</param>
    /// <param name="result">The digest, where the text is one.</param>
    public static bool TryParse(ReadOnlySpan<char> s, out Digest result)
    {
        result = default;
        int colon = s.IndexOf(':');
        if (colon <= 0 || s.Length > MaxLength)
        {
            return false;
        }

        ReadOnlySpan<char> name = s[..colon];
        ReadOnlySpan<char> encoded = s[(colon + 1)..];
        bool valid = DigestAlgorithm.Find(name) is { } known
            ? encoded.Length == known.HashBytes * 2 && !encoded.ContainsAnyExcept(DigestGrammar.LowerHex)
            : DigestGrammar.IsAlgorithm(name) && !encoded.IsEmpty && !encoded.ContainsAnyExcept(DigestGrammar.EncodedCharacters);
        if (valid)
        {
            result = new Digest(s.ToString(), colon);
        }

        return valid;
    }

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Digest result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Digest result) => TryParse(s.AsSpan(), out result);

    /// <inheritdoc/>
    public bool Equals(Digest other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Digest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : string.GetHashCode(_value, StringComparison.Ordinal);

    /// <summary>Whether two digests are the same text.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    /// <summary>Whether two digests differ.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";
}
