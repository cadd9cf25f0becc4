using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Globalization;
using System.Text;

namespace Registry.Authentication.Ldap.Protocol;

/// <summary>
/// A search filter (RFC 4515), read once from the configuration. User names are put into what was read and never into the text, so that nothing in them can mean anything.
/// </summary>
internal sealed class LdapFilter
{
    public const string User = "{user}";
    public const string Dn = "{dn}";

    private const int MaxDepth = 32;

    private static readonly Asn1Tag And = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Or = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag Not = new(TagClass.ContextSpecific, 2, isConstructed: true);
    private static readonly Asn1Tag Substrings = new(TagClass.ContextSpecific, 4, isConstructed: true);
    private static readonly Asn1Tag Present = new(TagClass.ContextSpecific, 7);
    private static readonly Asn1Tag Extensible = new(TagClass.ContextSpecific, 9, isConstructed: true);

    private readonly Action<AsnWriter, Values> _write;

    private LdapFilter(Action<AsnWriter, Values> write) => _write = write;

    public static bool TryParse(string text, [NotNullWhen(true)] out LdapFilter? filter)
    {
        filter = null;
        int at = 0;
        if (ParseOne(text, ref at, 0) is not { } write || at != text.Length)
        {
            return false;
        }

        filter = new LdapFilter(write);
        return true;
    }

    /// <summary>Whether a text names an attribute, by name or by number and with options.</summary>
    public static bool IsAttribute(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or ';'))
            {
                return false;
            }
        }

        return true;
    }

    public void Write(AsnWriter writer, string user, string dn) => _write(writer, new Values(user, dn));

    private static Action<AsnWriter, Values>? ParseOne(string text, ref int at, int depth)
    {
        if (depth > MaxDepth || at + 1 >= text.Length || text[at] != '(')
        {
            return null;
        }

        at++;
        Action<AsnWriter, Values>? parsed = text[at] switch
        {
            '&' => ParseSet(text, ref at, depth, And),
            '|' => ParseSet(text, ref at, depth, Or),
            '!' => ParseNot(text, ref at, depth),
            _ => ParseItem(text, ref at),
        };
        return parsed is not null && at < text.Length && text[at++] == ')' ? parsed : null;
    }

    private static Action<AsnWriter, Values>? ParseSet(string text, ref int at, int depth, Asn1Tag tag)
    {
        at++;
        var inner = new List<Action<AsnWriter, Values>>();
        while (at < text.Length && text[at] == '(')
        {
            if (ParseOne(text, ref at, depth + 1) is not { } one)
            {
                return null;
            }

            inner.Add(one);
        }

        return inner.Count == 0 ? null : (writer, values) =>
        {
            using (writer.PushSetOf(tag))
            {
                inner.ForEach(one => one(writer, values));
            }
        };
    }

    private static Action<AsnWriter, Values>? ParseNot(string text, ref int at, int depth)
    {
        at++;
        return ParseOne(text, ref at, depth + 1) is not { } inner ? null : (writer, values) =>
        {
            using (writer.PushSequence(Not))
            {
                inner(writer, values);
            }
        };
    }

    private static Action<AsnWriter, Values>? ParseItem(string text, ref int at)
    {
        int end = text.IndexOfAny(['(', ')'], at);
        int sign = end < 0 ? -1 : text.IndexOf('=', at, end - at);
        if (sign <= at)
        {
            return null;
        }

        char before = text[sign - 1];
        string attribute = text[at..(before is '>' or '<' or '~' or ':' ? sign - 1 : sign)];
        string[] parts = text[(sign + 1)..end].Split('*');
        var pieces = new Func<Values, byte[]>[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (ParseValue(parts[i]) is not { } piece)
            {
                return null;
            }

            pieces[i] = piece;
        }

        at = end;
        if (before == ':')
        {
            return parts.Length == 1 ? ParseExtensible(attribute, pieces[0]) : null;
        }

        if (!IsAttribute(attribute))
        {
            return null;
        }

        byte[] name = Encoding.ASCII.GetBytes(attribute);
        if (parts is ["", ""] && before is not ('>' or '<' or '~'))
        {
            return (writer, _) => writer.WriteOctetString(name, Present);
        }

        if (parts.Length == 1)
        {
            int kind = before switch { '>' => 5, '<' => 6, '~' => 8, _ => 3 };
            return (writer, values) =>
            {
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, kind, isConstructed: true)))
                {
                    writer.WriteOctetString(name);
                    writer.WriteOctetString(pieces[0](values));
                }
            };
        }

        return before is '>' or '<' or '~' || parts.Skip(1).SkipLast(1).Contains("") ? null : (writer, values) => WriteSubstrings(writer, name, pieces, values);
    }

    private static void WriteSubstrings(AsnWriter writer, byte[] name, Func<Values, byte[]>[] pieces, Values values)
    {
        using (writer.PushSequence(Substrings))
        {
            writer.WriteOctetString(name);
            using (writer.PushSequence())
            {
                for (int i = 0; i < pieces.Length; i++)
                {
                    byte[] piece = pieces[i](values);
                    int kind = i == 0 ? 0 : i == pieces.Length - 1 ? 2 : 1;
                    if (piece.Length > 0)
                    {
                        writer.WriteOctetString(piece, new Asn1Tag(TagClass.ContextSpecific, kind));
                    }
                }
            }
        }
    }

    // attribute[:dn][:rule]:=value, such as memberOf:1.2.840.113556.1.4.1941:=… of Active Directory.
    private static Action<AsnWriter, Values>? ParseExtensible(string left, Func<Values, byte[]> value)
    {
        string[] parts = left.Split(':');
        bool ofDn = parts.Length > 1 && parts[1] == "dn";
        string? rule = parts.Length == (ofDn ? 3 : 2) ? parts[^1] : null;
        if (parts.Length > (ofDn ? 3 : 2) || (parts[0].Length == 0 && rule is null) || (parts[0].Length > 0 && !IsAttribute(parts[0])) || (rule is not null && !IsAttribute(rule)))
        {
            return null;
        }

        return (writer, values) =>
        {
            using (writer.PushSequence(Extensible))
            {
                if (rule is not null)
                {
                    writer.WriteOctetString(Encoding.ASCII.GetBytes(rule), new Asn1Tag(TagClass.ContextSpecific, 1));
                }

                if (parts[0].Length > 0)
                {
                    writer.WriteOctetString(Encoding.ASCII.GetBytes(parts[0]), new Asn1Tag(TagClass.ContextSpecific, 2));
                }

                writer.WriteOctetString(value(values), new Asn1Tag(TagClass.ContextSpecific, 3));
                if (ofDn)
                {
                    writer.WriteBoolean(true, new Asn1Tag(TagClass.ContextSpecific, 4));
                }
            }
        };
    }

    private static Func<Values, byte[]>? ParseValue(string text)
    {
        var pieces = new List<Func<Values, byte[]>>();
        var bytes = new List<byte>();
        for (int i = 0; i < text.Length;)
        {
            if (text.AsSpan(i).StartsWith(User, StringComparison.Ordinal))
            {
                Flush();
                pieces.Add(static values => Encoding.UTF8.GetBytes(values.User));
                i += User.Length;
            }
            else if (text.AsSpan(i).StartsWith(Dn, StringComparison.Ordinal))
            {
                Flush();
                pieces.Add(static values => Encoding.UTF8.GetBytes(values.Dn));
                i += Dn.Length;
            }
            else if (text[i] == '\\')
            {
                if (i + 2 >= text.Length || !byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte escaped))
                {
                    return null;
                }

                bytes.Add(escaped);
                i += 3;
            }
            else if (text[i] == '\0')
            {
                return null;
            }
            else
            {
                int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, length));
                i += length;
            }
        }

        Flush();
        return values => [.. pieces.SelectMany(piece => piece(values))];

        void Flush()
        {
            byte[] literal = [.. bytes];
            bytes.Clear();
            pieces.Add(_ => literal);
        }
    }

    private readonly record struct Values(string User, string Dn);
}
