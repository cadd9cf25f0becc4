using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Registry.SignInHost;

/// <summary>A scheme of the host's own, whose bearer tokens stand in its settings: the registry takes them as passwords, whatever the user name.</summary>
internal sealed class SettingsTokenHandler(
    IConfiguration configuration, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "SettingsToken";

    private const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        byte[] token = Encoding.UTF8.GetBytes(header[Prefix.Length..]);
        IConfigurationSection? user = configuration.GetSection("Users").GetChildren()
            .FirstOrDefault(user => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(user.Value ?? ""), token));
        return Task.FromResult(user is null
            ? AuthenticateResult.Fail("Nobody has this token.")
            : AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user.Key)], Scheme)), Scheme)));
    }
}
