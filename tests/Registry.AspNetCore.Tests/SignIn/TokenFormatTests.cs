using System.Security.Claims;
using Microsoft.AspNetCore.DataProtection;
using Registry.AspNetCore.Tokens;

namespace Registry.AspNetCore.Tests.SignIn;

public sealed class TokenFormatTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);

    private static TokenContent Full => new()
    {
        Audience = "registry.example.com:5000",
        Issued = Now,
        Expires = Now.AddMinutes(5),
        Id = "01J0000000000000000000000",
        Validator = "users",
        NameType = "name",
        RoleType = ClaimTypes.GroupSid,
        Claims = [new(ClaimTypes.Name, "Ünïcode"), new(ClaimTypes.Role, "writers"), new("sub", ""), new("", "odd")],
        Scopes = [new("main", "library/app", TokenActions.Pull | TokenActions.Push), new(null, null, TokenActions.List), new("", "app", TokenActions.Delete)],
    };

    [Fact]
    public void What_is_written_is_read() => AssertSame(Full, TokenFormat.Read(TokenFormat.Write(Full)));

    [Fact]
    public void What_is_not_there_is_read_as_not_there()
    {
        var nobody = new TokenContent { Audience = "", Issued = DateTimeOffset.MinValue, Expires = DateTimeOffset.MaxValue };

        var read = TokenFormat.Read(TokenFormat.Write(nobody));

        AssertSame(nobody, read);
        Assert.Null(read.Id);
        Assert.Null(read.Validator);
        Assert.False(read.ToIdentity().IsAuthenticated);
    }

    [Fact]
    public void Bytes_that_end_too_early_are_told()
    {
        byte[] bytes = TokenFormat.Write(Full);

        for (int length = 0; length < bytes.Length; length++)
        {
            var error = Record.Exception(() => TokenFormat.Read(bytes[..length]));
            Assert.True(error is EndOfStreamException or FormatException, $"{length} of {bytes.Length} bytes: {error}");
        }
    }

    [Fact]
    public void Bytes_of_something_else_are_told()
    {
        var error = Record.Exception(() => TokenFormat.Read([0, .. Enumerable.Repeat((byte)0xFF, 64)]));

        Assert.True(error is EndOfStreamException or FormatException, $"{error}");
    }

    /// <summary>It is sent with every request.</summary>
    [Fact]
    public void A_token_is_short()
    {
        var tokens = new TokenProtector(new EphemeralDataProtectionProvider(), "", TimeProvider.System);
        var content = new TokenContent { Audience = "registry.example.com", Issued = Now, Expires = Now.AddMinutes(5), Scopes = [new("main", "library/app", TokenActions.Pull)] }
            .WithUser("users", new ClaimsIdentity([new Claim(ClaimTypes.Name, "alice"), new Claim(ClaimTypes.Role, "writers")], "users"));

        Assert.InRange(tokens.Write(content).Length, 1, 320);
    }

    private static void AssertSame(TokenContent expected, TokenContent actual)
    {
        Assert.Equal(
            (expected.Audience, expected.Issued, expected.Expires, expected.Id, expected.Validator, expected.NameType, expected.RoleType),
            (actual.Audience, actual.Issued, actual.Expires, actual.Id, actual.Validator, actual.NameType, actual.RoleType));
        Assert.Equal(expected.Claims, actual.Claims);
        Assert.Equal(expected.Scopes, actual.Scopes);
    }
}
