using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Registry.Storage.FileSystem;

/// <summary>
/// Spells a part of a key as names that Windows, macOS and Linux all take, and reads it back. Different parts never share a name, not even on a disk
/// that ignores case, and names keep the parts' own order once decoded.
/// </summary>
/// <remarks>
/// <para>Lower-case letters, digits, <c>-</c>, <c>_</c>, <c>.</c>, <c>@</c> and <c>,</c> stand for themselves; <c>=a</c> is <c>A</c>; any other character is
/// <c>%</c> and two lower-case hex digits. A dot at either end and the first letter of a device name (<c>con</c>, <c>nul.txt</c>, <c>com1</c>) are spelled in hex too, and
/// so is <c>~</c>, because <c>abcdef~1</c> is another name of <c>abcdefghij</c> where Windows keeps short names.</para>
/// <para>A part of <see cref="ChunkLength"/> characters or more is cut after every <see cref="ChunkLength"/> of them: all but the last piece become folders whose name ends with
/// a bare <c>=</c>, the last is a name within the innermost (<c>%</c> when nothing is left). The cut goes by the decoded length, so that everything in such a folder shares a
/// prefix that nothing beside it has; with a cut by encoded length the listing order of a folder and its neighbours would interleave.</para>
/// <para>Names that no key encodes to (<c>.nfs0001</c>, <c>lost+found</c>, <c>.DS_Store</c>, upper case) do not decode, so that foreign files are told apart.</para>
/// </remarks>
internal static class FileNameCodec
{
    /// <summary>How many characters of a part one name holds at most. Encoded they take 217 bytes at worst; file systems allow 255.</summary>
    public const int ChunkLength = 72;

    /// <summary>The most characters that a name can have.</summary>
    public const int MaxNameLength = (ChunkLength * 3) + 1;

    private const char UpperCaseMark = '=';
    private const char HexMark = '%';

    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.@,");

    /// <summary>The most characters that a part of <paramref name="partLength"/> characters can take when encoded, separators included.</summary>
    public static int MaxEncodedLength(int partLength) => (partLength * 3) + (((partLength / ChunkLength) + 1) * 2);

    /// <summary>Writes the names of a part, joined by <paramref name="separator"/>.</summary>
    /// <returns>How many characters were written.</returns>
    public static int EncodePart(ReadOnlySpan<char> part, char separator, Span<char> destination)
    {
        int written = 0;
        while (part.Length >= ChunkLength)
        {
            written += EncodeFolder(part[..ChunkLength], destination[written..]);
            destination[written++] = separator;
            part = part[ChunkLength..];
        }

        return written + EncodeLast(part, destination[written..]);
    }

    /// <summary>Writes the name of the folder that holds everything beginning with <paramref name="chunk"/>, which has <see cref="ChunkLength"/> characters.</summary>
    public static int EncodeFolder(ReadOnlySpan<char> chunk, Span<char> destination)
    {
        int written = EncodeName(chunk, destination);
        destination[written++] = UpperCaseMark;
        return written;
    }

    /// <summary>Reads a name.</summary>
    /// <param name="name">The name on disk.</param>
    /// <param name="destination">Where the characters go: <see cref="ChunkLength"/> at most.</param>
    /// <param name="length">How many characters it stands for; 0 only for the empty rest of a part that was cut.</param>
    /// <param name="continues">Whether the name is a folder's that holds further pieces of the same part.</param>
    /// <returns>Whether a part is spelled like this.</returns>
    public static bool TryDecode(ReadOnlySpan<char> name, Span<char> destination, out int length, out bool continues)
    {
        length = 0;
        continues = false;
        if (name.IsEmpty || name.Length > MaxNameLength)
        {
            return false;
        }

        if (name is [HexMark])
        {
            return true;
        }

        continues = name[^1] == UpperCaseMark;
        ReadOnlySpan<char> rest = continues ? name[..^1] : name;
        while (!rest.IsEmpty)
        {
            if (length == ChunkLength || !TryDecodeCharacter(ref rest, out destination[length]) || destination[length] == '/')
            {
                return false;
            }

            length++;
        }

        if (continues != (length == ChunkLength))
        {
            return false;
        }

        // Only the one spelling that encoding gives is a name of ours: otherwise two names could stand for one key.
        Span<char> again = stackalloc char[MaxNameLength];
        int written = continues ? EncodeFolder(destination[..length], again) : EncodeLast(destination[..length], again);
        return name.SequenceEqual(again[..written]);
    }

    /// <summary>Spells a whole key as one name, its <c>/</c> in hex like any other character that does not stand for itself.</summary>
    /// <returns>How many characters were written, at most three for each of the key.</returns>
    public static int EncodeKey(ReadOnlySpan<char> key, Span<char> destination) => EncodeName(key, destination);

    /// <summary>Reads a key that is spelled as one name.</summary>
    /// <returns>Whether a key is spelled like this.</returns>
    public static bool TryDecodeKey(ReadOnlySpan<char> name, [NotNullWhen(true)] out string? key)
    {
        key = null;
        if (name.Length > MaxNameLength)
        {
            return false;
        }

        Span<char> decoded = stackalloc char[MaxNameLength];
        int length = 0;
        for (ReadOnlySpan<char> rest = name; !rest.IsEmpty; length++)
        {
            if (!TryDecodeCharacter(ref rest, out decoded[length]))
            {
                return false;
            }
        }

        Span<char> again = stackalloc char[MaxNameLength * 3];
        if (!ObjectKey.IsValid(decoded[..length]) || !name.SequenceEqual(again[..EncodeName(decoded[..length], again)]))
        {
            return false;
        }

        key = decoded[..length].ToString();
        return true;
    }

    private static int EncodeLast(ReadOnlySpan<char> rest, Span<char> destination)
    {
        if (rest.IsEmpty)
        {
            destination[0] = HexMark;
            return 1;
        }

        return EncodeName(rest, destination);
    }

    private static int EncodeName(ReadOnlySpan<char> text, Span<char> destination)
    {
        int written = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool special = c == '.' ? i == 0 || i == text.Length - 1 : i == 0 && IsDeviceName(text);
            if (!special && Plain.Contains(c))
            {
                destination[written++] = c;
            }
            else if (char.IsAsciiLetterUpper(c))
            {
                destination[written++] = UpperCaseMark;
                destination[written++] = char.ToLowerInvariant(c);
            }
            else
            {
                destination[written++] = HexMark;
                destination[written++] = HexDigit(c >> 4);
                destination[written++] = HexDigit(c & 0xF);
            }
        }

        return written;
    }

    private static bool TryDecodeCharacter(ref ReadOnlySpan<char> rest, out char c)
    {
        c = rest[0];
        if (c == UpperCaseMark)
        {
            if (rest.Length < 2 || !char.IsAsciiLetterLower(rest[1]))
            {
                return false;
            }

            c = char.ToUpperInvariant(rest[1]);
            rest = rest[2..];
            return true;
        }

        if (c == HexMark)
        {
            if (rest.Length < 3 || !char.IsAsciiHexDigitLower(rest[1]) || !char.IsAsciiHexDigitLower(rest[2]))
            {
                return false;
            }

            c = (char)((HexValue(rest[1]) << 4) | HexValue(rest[2]));
            rest = rest[3..];
            return c is >= '!' and <= '~';
        }

        rest = rest[1..];
        return Plain.Contains(c);
    }

    // Windows takes these for devices with any extension. Upper case needs no rule: its marks make another name of it.
    private static bool IsDeviceName(ReadOnlySpan<char> text)
    {
        int dot = text.IndexOf('.');
        ReadOnlySpan<char> stem = dot < 0 ? text : text[..dot];
        return stem is "con" or "prn" or "aux" or "nul"
            || (stem.Length == 4 && char.IsAsciiDigit(stem[3]) && (stem.StartsWith("com") || stem.StartsWith("lpt")));
    }

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'a' + value - 10);

    private static int HexValue(char digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;
}
