using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Registry.Content.Caching;

namespace Registry.AspNetCore.Tokens;

/// <summary>
/// Makes tokens and reads them, by ASP.NET Core Data Protection: encrypted and authenticated with keys that the host's processes share. An access token and a refresh token, and the tokens of two registries of one host, are made for different purposes,
/// so that none is taken for another.
/// </summary>
internal sealed class TokenProtector
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    // A token that was read lately is not decrypted again. For a short while, so that a key that was revoked is not believed for long.
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private readonly IDataProtector _access;
    private readonly IDataProtector _refresh;
    private readonly FactCache<TokenKey, TokenContent> _read;
    private readonly TimeProvider _time;

    public TokenProtector(IDataProtectionProvider provider, string registry, TimeProvider time)
    {
        IDataProtector tokens = provider.CreateProtector("Registry.Tokens", $"registry:{registry}");
        _access = tokens.CreateProtector("access", "v2");
        _refresh = tokens.CreateProtector("refresh", "v2");
        _time = time;
        _read = new FactCache<TokenKey, TokenContent>(Remembered, time, static _ => 1, maxWeight: 4096);
    }

    public string Write(TokenContent content) => Write(_access, content);

    public string WriteRefresh(TokenContent content) => Write(_refresh, content);

    /// <summary>Reads an access token that was read lately and can be used still.</summary>
    /// <param name="text">The same text as then.</param>
    /// <param name="content">What is inside.</param>
    public bool TryRecall(string text, [NotNullWhen(true)] out TokenContent? content) => _read.TryGetFresh(new TokenKey(text), out content) && IsCurrent(content);

    /// <summary>Reads an access token that can be used still.</summary>
    /// <param name="text">A text that ends with the token, such as a header, which need not be cut apart while the token is remembered.</param>
    /// <param name="start">Where the token begins.</param>
    /// <param name="content">What is inside.</param>
    public bool TryRead(string text, int start, [NotNullWhen(true)] out TokenContent? content)
    {
        if (text.Length > MaxLength)
        {
            content = null;
            return false;
        }

        if (!_read.TryGetFresh(new TokenKey(text), out content))
        {
            FactCache<TokenKey, TokenContent>.Look look = _read.Begin(new TokenKey(text));
            content = Read(_access, text.AsSpan(start).Trim().ToString());
            if (content is not null)
            {
                look.Remember(content);
            }
        }

        return IsCurrent(content);
    }

    /// <summary>Reads a refresh token that has not expired.</summary>
    public bool TryReadRefresh(string token, [NotNullWhen(true)] out TokenContent? content)
    {
        content = token.Length > MaxLength ? null : Read(_refresh, token);
        return IsCurrent(content);
    }

    /// <summary>A text with a token, told from others by all of it but sorted by its end alone. There the token's signature is, which nobody can choose and no two tokens share; to look at all of it twice would cost more than all else.</summary>
    private readonly record struct TokenKey(string Text)
    {
        private const int Enough = 24;

        public bool Equals(TokenKey other) => string.Equals(Text, other.Text, StringComparison.Ordinal);

        public override int GetHashCode() => string.GetHashCode(Text.AsSpan(Math.Max(0, Text.Length - Enough)), StringComparison.Ordinal);
    }

    private bool IsCurrent([NotNullWhen(true)] TokenContent? content) => content is not null && content.Expires > _time.GetUtcNow();

    private static string Write(IDataProtector protector, TokenContent content) =>
        WebEncoders.Base64UrlEncode(protector.Protect(TokenFormat.Write(content)));

    private static TokenContent? Read(IDataProtector protector, string token)
    {
        try
        {
            return TokenFormat.Read(protector.Unprotect(WebEncoders.Base64UrlDecode(token)));
        }
        catch (Exception e) when (e is CryptographicException or FormatException or EndOfStreamException)
        {
            return null; // Forged, damaged, another's, or made with a key that is gone: no token of this registry, and all the same to its bearer.
        }
    }
}
