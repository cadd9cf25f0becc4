using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Registry.AspNetCore.SignIn;

/// <summary>Reads the <c>Authorization</c> header (RFC 9110, section 11.6.2; RFC 7617).</summary>
internal static class AuthorizationHeader
{
    // A user name of 255 characters and a password of 4,096, each of up to four bytes, in base64.
    private const int MaxBasicLength = 24 * 1024;

    private const string Bearer = "Bearer ";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Finds a bearer token.</summary>
    /// <param name="values">The header.</param>
    /// <param name="text">The one header there is.</param>
    /// <param name="start">Where in it the token begins.</param>
    public static bool TryFindBearer(StringValues values, [NotNullWhen(true)] out string? text, out int start)
    {
        text = values.Count == 1 ? values[0] : null;
        start = Bearer.Length;
        return text is not null && text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>What a scheme's credentials are.</summary>
    /// <param name="values">The header.</param>
    /// <param name="scheme">The scheme, in whatever case it came.</param>
    /// <param name="parameter">What follows it.</param>
    /// <returns>Whether there is one header that names a scheme.</returns>
    public static bool TryRead(StringValues values, [NotNullWhen(true)] out string? scheme, [NotNullWhen(true)] out string? parameter)
    {
        scheme = parameter = null;
        if (values.Count != 1 || values[0] is not { } value)
        {
            return false;
        }

        int space = value.IndexOf(' ', StringComparison.Ordinal);
        scheme = space < 0 ? value : value[..space];
        parameter = space < 0 ? "" : value[(space + 1)..].Trim();
        return scheme.Length > 0;
    }

    /// <summary>Reads the user name and password of <c>Basic</c>. The name ends at the first colon.</summary>
    public static bool TryReadBasic(string parameter, [NotNullWhen(true)] out string? user, [NotNullWhen(true)] out string? password)
    {
        user = password = null;
        if (parameter.Length > MaxBasicLength)
        {
            return false;
        }

        byte[] bytes = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, bytes, out int length))
        {
            return false;
        }

        string text;
        try
        {
            text = Strict.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return false; // RFC 7617, section 2.1: the registry reads UTF-8 and nothing else.
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return false;
        }

        (user, password) = (text[..colon], text[(colon + 1)..]);
        return true;
    }
}
