using System.Buffers;

namespace Registry.Model;

/// <summary>The characters of a digest: <c>component *([+._-] component) ":" encoded</c> (image-spec, descriptor.md#digests).</summary>
internal static class DigestGrammar
{
    internal static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    internal static readonly SearchValues<char> EncodedCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=_-");

    /// <summary>Whether a name is components of <c>[a-z0-9]+</c> joined by single <c>+</c>, <c>.</c>, <c>_</c> or <c>-</c>.</summary>
    internal static bool IsAlgorithm(ReadOnlySpan<char> name)
    {
        bool afterSeparator = true;
        foreach (char c in name)
        {
            bool separator = c is '+' or '.' or '_' or '-';
            if (separator ? afterSeparator : !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
            {
                return false;
            }

            afterSeparator = separator;
        }

        return !afterSeparator;
    }
}
