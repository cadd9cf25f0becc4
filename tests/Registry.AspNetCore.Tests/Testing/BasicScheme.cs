using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>A host's Basic scheme: everybody's password is "secret of" their name.</summary>
internal sealed class BasicScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Basic";
    public const string Challenge = "Basic realm=\"test\"";

    /// <summary>The Authorization header of somebody who knows their password.</summary>
    public static (string Name, string Value) SignIn(string user) => Credentials(user, $"secret of {user}");

    public static (string Name, string Value) Credentials(string user, string password) =>
        ("Authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}");

    /// <summary>Lets a client send somebody's credentials with every request, or none.</summary>
    public static void As(HttpClient client, string? user) =>
        client.DefaultRequestHeaders.Authorization = user is null ? null : AuthenticationHeaderValue.Parse(SignIn(user).Value);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.Ordinal))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        string[] credentials = Encoding.UTF8.GetString(Convert.FromBase64String(header["Basic ".Length..])).Split(':', 2);
        if (credentials[1] != $"secret of {credentials[0]}")
        {
            return Task.FromResult(AuthenticateResult.Fail("Wrong password."));
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, credentials[0])], Scheme.Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = 401;
        Response.Headers.Append("WWW-Authenticate", $"{Scheme.Name} realm=\"test\"");
        return Task.CompletedTask;
    }
}
