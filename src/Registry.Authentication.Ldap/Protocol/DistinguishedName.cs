using System.Globalization;
using System.Text;

namespace Registry.Authentication.Ldap.Protocol;

/// <summary>The text of distinguished names (RFC 4514).</summary>
internal static class DistinguishedName
{
    /// <summary>A value as a part of a name, so that nothing in it can mean anything.</summary>
    public static string Escape(string value)
    {
        var text = new StringBuilder(value.Length + 8);
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            bool isAtEdge = i == 0 || i == value.Length - 1;
            if (c is '"' or '+' or ',' or ';' or '<' or '>' or '\\' or '=' or '#' || (c == ' ' && isAtEdge))
            {
                text.Append('\\').Append(c);
            }
            else if (c < ' ' || c == '\u007f')
            {
                text.Append(CultureInfo.InvariantCulture, $"\\{(int)c:x2}");
            }
            else
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }

    /// <summary>The value of a name's first attribute: <c>developers</c> of <c>cn=developers,ou=groups,dc=example,dc=org</c>.</summary>
    public static string? FirstValue(string name)
    {
        int sign = name.IndexOf('=', StringComparison.Ordinal);
        if (sign < 0 || name.AsSpan(sign + 1).TrimStart().StartsWith("#"))
        {
            return null;
        }

        var bytes = new List<byte>();
        int kept = 0;
        for (int i = sign + 1; i < name.Length && name[i] is not (',' or '+' or ';'); i++)
        {
            if (name[i] == '\\' && i + 2 < name.Length && byte.TryParse(name.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte escaped))
            {
                bytes.Add(escaped);
                kept = bytes.Count;
                i += 2;
            }
            else if (name[i] == '\\' && i + 1 < name.Length)
            {
                i++;
                bytes.AddRange(Encoding.UTF8.GetBytes(name, i, 1));
                kept = bytes.Count;
            }
            else if (name[i] != ' ' || bytes.Count > 0)
            {
                int length = char.IsHighSurrogate(name[i]) && i + 1 < name.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(name, i, length));
                kept = name[i] == ' ' ? kept : bytes.Count;
                i += length - 1;
            }
        }

        return kept == 0 ? null : Encoding.UTF8.GetString([.. bytes.Take(kept)]);
    }
}
