using System.Buffers;

namespace Registry.Model;

/// <summary>
/// A version by Semantic Versioning 2.0.0, with a <c>v</c> in front or without. In tags, which cannot have a <c>+</c>, build metadata follows a <c>_</c>, as Helm writes it. Numbers may be as long as they like.
/// </summary>
internal readonly struct SemanticVersion : IComparable<SemanticVersion>
{
    private static readonly SearchValues<char> IdentifierCharacters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");

    private readonly ReadOnlyMemory<char> _major;
    private readonly ReadOnlyMemory<char> _minor;
    private readonly ReadOnlyMemory<char> _patch;
    private readonly ReadOnlyMemory<char> _preRelease;

    private SemanticVersion(ReadOnlyMemory<char> major, ReadOnlyMemory<char> minor, ReadOnlyMemory<char> patch, ReadOnlyMemory<char> preRelease)
    {
        _major = major;
        _minor = minor;
        _patch = patch;
        _preRelease = preRelease;
    }

    /// <summary>Parses a version, of which this keeps parts.</summary>
    public static bool TryParse(ReadOnlyMemory<char> text, out SemanticVersion version)
    {
        version = default;
        ReadOnlyMemory<char> rest = text.Length > 0 && text.Span[0] is 'v' or 'V' ? text[1..] : text;
        int build = rest.Span.IndexOfAny('+', '_');
        if (build >= 0)
        {
            if (!AreIdentifiers(rest.Span[(build + 1)..], mayStartWithZero: true))
            {
                return false;
            }

            rest = rest[..build];
        }

        int dash = rest.Span.IndexOf('-');
        ReadOnlyMemory<char> preRelease = default;
        if (dash >= 0)
        {
            preRelease = rest[(dash + 1)..];
            rest = rest[..dash];
            if (!AreIdentifiers(preRelease.Span, mayStartWithZero: false))
            {
                return false;
            }
        }

        int first = rest.Span.IndexOf('.');
        int last = rest.Span.LastIndexOf('.');
        if (first < 0 || first == last || !IsNumber(rest.Span[..first]) || !IsNumber(rest.Span[(first + 1)..last]) || !IsNumber(rest.Span[(last + 1)..]))
        {
            return false;
        }

        version = new SemanticVersion(rest[..first], rest[(first + 1)..last], rest[(last + 1)..], preRelease);
        return true;
    }

    /// <summary>Which of two versions is the later one (section 11). Build metadata makes no difference.</summary>
    public int CompareTo(SemanticVersion other)
    {
        int order = CompareNumbers(_major.Span, other._major.Span);
        order = order != 0 ? order : CompareNumbers(_minor.Span, other._minor.Span);
        order = order != 0 ? order : CompareNumbers(_patch.Span, other._patch.Span);
        if (order != 0)
        {
            return order;
        }

        // A pre-release comes before its release.
        return _preRelease.IsEmpty || other._preRelease.IsEmpty
            ? _preRelease.IsEmpty.CompareTo(other._preRelease.IsEmpty)
            : ComparePreReleases(_preRelease.Span, other._preRelease.Span);
    }

    private static int ComparePreReleases(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        while (true)
        {
            ReadOnlySpan<char> one = Next(ref left);
            ReadOnlySpan<char> other = Next(ref right);
            if (one.IsEmpty || other.IsEmpty)
            {
                // All before were equal: more identifiers are later.
                return other.IsEmpty.CompareTo(one.IsEmpty);
            }

            int order = CompareIdentifiers(one, other);
            if (order != 0)
            {
                return order;
            }
        }
    }

    private static int CompareIdentifiers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        bool isNumber = IsNumber(left);
        bool otherIsNumber = IsNumber(right);
        return isNumber && otherIsNumber ? CompareNumbers(left, right)
            : isNumber != otherIsNumber ? otherIsNumber.CompareTo(isNumber)
            : left.SequenceCompareTo(right);
    }

    // Without leading zeros, the longer number is the larger one.
    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);

    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> identifiers)
    {
        int dot = identifiers.IndexOf('.');
        ReadOnlySpan<char> next = dot < 0 ? identifiers : identifiers[..dot];
        identifiers = dot < 0 ? default : identifiers[(dot + 1)..];
        return next;
    }

    private static bool AreIdentifiers(ReadOnlySpan<char> text, bool mayStartWithZero)
    {
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> identifier = text[range];
            bool isZeroed = identifier.Length > 1 && identifier[0] == '0' && !identifier.ContainsAnyExceptInRange('0', '9');
            if (identifier.IsEmpty || identifier.ContainsAnyExcept(IdentifierCharacters) || (isZeroed && !mayStartWithZero))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) =>
        !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9') && (text.Length == 1 || text[0] != '0');
}
